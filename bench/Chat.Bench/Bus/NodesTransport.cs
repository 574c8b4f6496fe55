using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Bench.Bus;

/// <summary>The server's own bus: two nodes as the host registers them.</summary>
internal sealed class NodesTransport : IBusTransport
{
    private readonly WebApplication _sender;
    private readonly WebApplication _receiver;
    private readonly IBus _bus;
    private readonly NodeId _to;

    private NodesTransport(WebApplication sender, WebApplication receiver)
    {
        (_sender, _receiver) = (sender, receiver);
        (_bus, _to) = (sender.Services.GetRequiredService<IBus>(), receiver.Services.GetRequiredService<INodes>().Self);
    }

    public static async Task<IBusTransport> ConnectAsync(string address, Action<ReadOnlyMemory<byte>> receive)
    {
        var receiver = await StartAsync(address, receive);
        var sender = await StartAsync(address, _ => { });
        while (sender.Services.GetRequiredService<INodes>().Live.Count == 0)
            await Task.Delay(10);
        return new NodesTransport(sender, receiver);
    }

    public void Send(ReadOnlyMemory<byte> message) => _bus.Send(_to, "bench", message);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in (WebApplication[])[_sender, _receiver])
        {
            foreach (var service in ServicesOf(node).Reverse())
                await service.StopAsync(CancellationToken.None);
            await node.DisposeAsync();
        }
    }

    // Only what belongs to the bus: no database is there.
    private static async Task<WebApplication> StartAsync(string address, Action<ReadOnlyMemory<byte>> receive)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Redis:ConnectionString"] = address;
        builder.Configuration["Cql:ContactPoints"] = "not used";
        builder.Configuration["Nodes:MaxWaitingMessages"] = "1048576";
        var context = new ModuleContext(builder.Configuration);
        builder.Services.AddSingleton(TimeProvider.System).AddStorage(context).AddNodes(context).AddSingleton<IBusHandler>(new Handler(receive));
        var node = builder.Build();
        await node.Services.GetRequiredService<RedisClient>().StartingAsync(CancellationToken.None);
        foreach (var service in ServicesOf(node))
            await service.StartAsync(CancellationToken.None);
        return node;
    }

    private static IEnumerable<IHostedService> ServicesOf(WebApplication node) =>
        node.Services.GetServices<IHostedService>().Where(service => service.GetType().Assembly == typeof(IBus).Assembly || service is RedisClient);

    private sealed class Handler(Action<ReadOnlyMemory<byte>> receive) : IBusHandler
    {
        public string Topic => "bench";

        public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
        {
            receive(payload);
            return ValueTask.CompletedTask;
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes.Leases;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Nodes.Tests.Running;

/// <summary>A node as the host registers it, on a real Redis, with one handler that keeps what comes and an observer that keeps what it is told.</summary>
internal sealed class TestNode : IBusHandler, INodeObserver, IAsyncDisposable
{
    private readonly TestMeters _meters = new();
    private readonly MeterListener _listener = new();
    private readonly ServiceProvider _services;
    private readonly ConcurrentQueue<string> _received = new();
    private readonly ConcurrentQueue<string> _told = new();
    private long _dropped;
    private bool _isStopped;

    private TestNode(string redis, TimeProvider clock, (string Key, string Value)[] settings)
    {
        var meter = _meters.Create("Chat");
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && instrument.Name == "chat.bus.dropped")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _dropped, value));
        _listener.Start();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            settings.Prepend(("Redis:ConnectionString", redis)).Append(("Cql:ContactPoints", "not used"))
                .Select(setting => KeyValuePair.Create(setting.Item1, (string?)setting.Item2))).Build();
        var context = new ModuleContext(configuration);
        _services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton<IMeterFactory>(_meters)
            .AddSingleton(clock)
            .AddStorage(context)
            .AddNodes(context)
            .AddSingleton<IBusHandler>(this)
            .AddSingleton<INodeObserver>(this)
            .BuildServiceProvider();
    }

    public INodes Nodes => _services.GetRequiredService<INodes>();

    public IBus Bus => _services.GetRequiredService<IBus>();

    public RedisClient Redis => _services.GetRequiredService<RedisClient>();

    public RedisLeases Leases => _services.GetRequiredService<RedisLeases>();

    public Membership Membership => _services.GetRequiredService<Membership>();

    public NodeId Id => Nodes.Self;

    /// <summary>The messages, and <c>missed</c> where some were lost, in their order.</summary>
    public IReadOnlyList<string> Received => [.. _received];

    /// <summary>What the observer was told but of lost messages: <c>gained</c>, <c>lost</c> with the reason, <c>joined</c> and <c>left</c> with the node, <c>state lost</c>.</summary>
    public IReadOnlyList<string> Told => [.. _told];

    /// <summary>Messages for which there was no room, or nobody.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public string Topic => "test";

    /// <summary>Awaited by the handler for each message, which it is given.</summary>
    public Func<string, Task> Gate { get; set; } = _ => Task.CompletedTask;

    public static Task<TestNode> StartAsync(RedisServer redis, params (string Key, string Value)[] settings) => StartAsync(redis.Address, TimeProvider.System, settings);

    public static Task<TestNode> StartAsync(RedisServer redis, TimeProvider clock, params (string Key, string Value)[] settings) =>
        StartAsync(redis.Address, clock, settings);

    public static async Task<TestNode> StartAsync(string redis, TimeProvider clock, params (string Key, string Value)[] settings)
    {
        var node = new TestNode(redis, clock, settings);
        try
        {
            await node.Redis.StartingAsync(TestContext.Current.CancellationToken);
            await node._services.GetRequiredService<LeaseKeeper>().StartAsync(TestContext.Current.CancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>A setting of times in milliseconds.</summary>
    public static (string, string) Lease(int milliseconds) => ("Nodes:LeaseMs", milliseconds.ToString(CultureInfo.InvariantCulture));

    /// <summary>All know one another.</summary>
    public static Task MeetAsync(params TestNode[] nodes) => Wait.UntilAsync(
        () => nodes.All(node => nodes.All(other => other == node || node.Nodes.Live.Contains(other.Id)) && node.Nodes.Live.Count == nodes.Length - 1), "all nodes know one another");

    public void Send(TestNode to, string text) => Bus.Send(to.Id, Topic, Encoding.UTF8.GetBytes(text));

    public void Broadcast(string text) => Bus.Broadcast(Topic, Encoding.UTF8.GetBytes(text));

    public Task ReceivesAsync(params string[] texts) => Wait.UntilAsync(() => texts.All(_received.Contains), $"{string.Join(", ", texts)} received");

    public Task HearsAsync(string told) => Wait.UntilAsync(() => _told.Contains(told), $"'{told}' among {string.Join(", ", _told)}");

    /// <summary>Ends as a server does that is stopped.</summary>
    public async Task StopAsync()
    {
        _isStopped = true;
        await _services.GetRequiredService<LeaseKeeper>().StopAsync(TestContext.Current.CancellationToken);
        await Redis.StoppedAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Ends as a server does that is killed: nobody is told.</summary>
    public async Task KillAsync() => await Redis.DisposeAsync();

    public async ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var text = Encoding.UTF8.GetString(payload.Span);
        await Gate(text);
        _received.Enqueue(text);
    }

    public void LeaseGained(NodeId self) => _told.Enqueue("gained");

    public void LeaseLost(LeaseLoss reason) => _told.Enqueue($"lost {reason}");

    public void Joined(NodeId node) => _told.Enqueue($"joined {node}");

    public void Left(NodeId node) => _told.Enqueue($"left {node}");

    public void SharedStateLost() => _told.Enqueue("state lost");

    public void Missed(NodeId from) => _received.Enqueue("missed");

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
            await StopAsync();
        await _services.DisposeAsync();
        _listener.Dispose();
        _meters.Dispose();
    }
}

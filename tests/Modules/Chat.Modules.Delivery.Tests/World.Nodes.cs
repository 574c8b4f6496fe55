using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.FanOut;
using Chat.Modules.Delivery.Relay;
using Microsoft.Extensions.Hosting;

namespace Chat.Modules.Delivery.Tests;

/// <summary>The world as one of several nodes.</summary>
internal sealed partial class World
{
    private long _redrained;

    public UserNodes UserNodes { get; }

    public Redrains Redrains { get; }

    public ConnectionRegistrar Registrar { get; }

    public RelayReceiver RelayReceiver { get; }

    /// <summary>What waits for the fan-out of this node, which no worker works off.</summary>
    public FanOutQueue FanOut { get; }

    /// <summary>Connections that drained again, each time.</summary>
    public long Redrained => Interlocked.Read(ref _redrained);

    public INodes Nodes => _node.Nodes;

    /// <summary>Joins the other nodes.</summary>
    public async Task StartAsync()
    {
        foreach (var service in (BackgroundService[])[UserNodes, Redrains, Registrar, RelayReceiver])
            await service.StartAsync(TestContext.Current.CancellationToken);
        await _node.StartAsync();
    }

    /// <summary>Ends as a server that is killed: its clients and the other nodes are told nothing.</summary>
    public async Task KillAsync()
    {
        await _node.KillAsync();
        foreach (var client in _clients)
            client.Connection.Dispose();
    }
}

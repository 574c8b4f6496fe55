using System.Text;
using Chat.BuildingBlocks.Nodes.Bus;
using Chat.BuildingBlocks.Nodes.Leases;
using Chat.BuildingBlocks.Nodes.Tests.Running;
using Chat.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests;

/// <summary>What holds of a node that is by itself, with Redis or without.</summary>
public abstract class NodesContract
{
    private static readonly byte[] Hello = Encoding.UTF8.GetBytes("hello");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract Task<(INodes Nodes, IBus Bus)> OpenAsync();

    [Fact]
    public async Task A_node_by_itself_holds_its_lease_and_knows_no_other()
    {
        var (nodes, _) = await OpenAsync();

        Assert.True(nodes.HoldsLease);
        Assert.Empty(nodes.Live);
    }

    [Fact]
    public async Task A_node_is_the_same_as_long_as_it_holds_its_lease()
    {
        var (nodes, _) = await OpenAsync();
        var before = nodes.Self;

        Assert.Equal(before, nodes.Self);
        Assert.Equal(before, NodeId.Parse(before.ToString()));
        Assert.NotEqual(before, NodeId.New());
    }

    [Fact]
    public async Task With_nobody_there_all_is_acknowledged()
    {
        var (_, bus) = await OpenAsync();
        bus.Broadcast("test", Hello);

        Assert.True(await bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct));
    }

    [Fact]
    public async Task A_message_to_nobody_is_passed_over()
    {
        var (nodes, bus) = await OpenAsync();

        bus.Send(NodeId.New(), "test", Hello);
        bus.Send(nodes.Self, "test", Hello);

        Assert.True(await bus.AcknowledgedAsync(TimeSpan.FromMinutes(1), Ct));
    }
}

public sealed class EmbeddedNodesTests : NodesContract
{
    private protected override Task<(INodes, IBus)> OpenAsync() => Task.FromResult<(INodes, IBus)>((new EmbeddedNodes(), new EmbeddedBus()));
}

public sealed class RedisNodesByThemselvesTests : NodesContract, IAsyncLifetime
{
    private RedisServer _redis = null!;
    private TestNode? _node;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    private protected override async Task<(INodes, IBus)> OpenAsync()
    {
        _node = await TestNode.StartAsync(_redis);
        return (_node.Nodes, _node.Bus);
    }
}

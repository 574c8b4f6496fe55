using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Relay;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Relay;

public sealed class UserNodesTests : IAsyncLifetime
{
    private static readonly UserId Alice = UserId.Parse("alice");
    private static readonly UserId Bob = UserId.Parse("bob");

    private readonly TestMeters _meters = new();
    private readonly ScriptedRegistry _registry = new();
    private readonly NodeId _one = NodeId.New();
    private readonly NodeId _other = NodeId.New();
    private readonly UserNodes _nodes;

    public UserNodesTests() => _nodes = new UserNodes(
        _registry, Options.Create(new DeliveryOptions { MaxCachedUserNodes = 1_000 }), new DeliveryMetrics(_meters, TimeProvider.System), NullLogger<UserNodes>.Instance);

    public async ValueTask InitializeAsync()
    {
        await _nodes.StartAsync(TestContext.Current.CancellationToken);
        foreach (var node in (NodeId[])[_one, _other])
        {
            _nodes.Add(node);
            _nodes.SetRegistered(node);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _nodes.StopAsync(CancellationToken.None);
        _nodes.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_user_who_is_not_known_may_be_on_each_node_until_the_registry_has_answered()
    {
        _registry.Nodes[Alice] = [_one];

        Assert.Equal([_one, _other], _nodes.NodesOf([Alice]));

        await KnowsAsync(Alice, _one);
        Assert.True(_nodes.MayReach(Alice));
    }

    [Fact]
    public async Task Several_users_are_told_with_one_message_for_each_node()
    {
        _registry.Nodes[Alice] = [_one];
        _registry.Nodes[Bob] = [_one];
        await KnowsAsync(Alice, _one);
        await KnowsAsync(Bob, _one);

        Assert.Equal([_one], _nodes.NodesOf([Alice, Bob]));
    }

    [Fact]
    public async Task A_user_who_is_connected_nowhere_is_told_nowhere_and_looked_for_once()
    {
        await KnowsAsync(Alice);

        Assert.False(_nodes.MayReach(Alice));
        Assert.Equal(1, _registry.Reads);
    }

    [Fact]
    public async Task Who_arrives_and_leaves_is_known_without_a_read()
    {
        await KnowsAsync(Alice);

        _nodes.Arrived(Alice, _other);
        Assert.Equal([_other], _nodes.NodesOf([Alice]));
        _nodes.Left(Alice, _other);
        Assert.Empty(_nodes.NodesOf([Alice]));
    }

    [Fact]
    public async Task What_was_read_before_a_user_arrived_is_not_kept()
    {
        var answered = new TaskCompletionSource();
        var isReading = new TaskCompletionSource();
        _registry.Reading = _ =>
        {
            isReading.TrySetResult();
            return answered.Task;
        };
        Assert.Equal(2, _nodes.NodesOf([Alice]).Count);
        await isReading.Task.WaitAsync(TestContext.Current.CancellationToken);

        _nodes.Arrived(Alice, _other);
        _registry.Nodes[Alice] = [_other];
        _registry.Reading = _ => Task.CompletedTask;
        answered.SetResult();

        await KnowsAsync(Alice, _other);
        Assert.Equal(2, _registry.Reads);
    }

    [Fact]
    public async Task A_node_that_has_not_registered_all_is_told_everything()
    {
        await KnowsAsync(Alice);
        var late = NodeId.New();

        _nodes.Add(late);
        Assert.Equal([late], _nodes.NodesOf([Alice]));
        _nodes.SetRegistered(late);

        await KnowsAsync(Alice);
    }

    [Fact]
    public async Task A_node_that_is_not_live_is_told_nothing()
    {
        _registry.Nodes[Alice] = [_one, NodeId.New()];
        await KnowsAsync(Alice, _one);

        _nodes.Remove(_one);

        Assert.Empty(_nodes.NodesOf([Alice]));
    }

    [Fact]
    public async Task After_the_registry_was_lost_all_are_told_until_they_have_registered()
    {
        await KnowsAsync(Alice);

        _nodes.ForgetRegistry();
        Assert.Equal([_one, _other], _nodes.NodesOf([Alice]));
        Assert.True(_nodes.MayReach(Alice));
        _nodes.SetRegistered(_one);
        await Wait.UntilAsync(() => _nodes.NodesOf([Alice]).SequenceEqual([_other]), "the other is still told");
    }

    [Fact]
    public async Task No_more_users_are_in_memory_than_the_limit()
    {
        for (var i = 0; i < 2_500; i++)
        {
            var user = UserId.Parse($"user{i}");
            await Wait.UntilAsync(() => _nodes.NodesOf([user]).Count == 0, "known");
        }

        Assert.InRange(Cached(), 1, 1_000);
    }

    private long Cached()
    {
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        var cached = 0L;
        var meter = _meters.Create(new System.Diagnostics.Metrics.MeterOptions("Chat"));
        listener.InstrumentPublished = (instrument, of) =>
        {
            if (instrument.Meter == meter && instrument.Name == "chat.relay.cached_users")
                of.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => cached = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return cached;
    }

    private Task KnowsAsync(UserId user, params NodeId[] nodes) => Wait.UntilAsync(() => _nodes.NodesOf([user]).SequenceEqual(nodes), $"the nodes of {user}");
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>Drain and resync by themselves; DrainTests and ResyncTests show them at work.</summary>
public sealed class ConnectionPartsTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { PushThreshold = 3 });
    private readonly ConnectionParts _bob;

    public ConnectionPartsTests() => _bob = new ConnectionParts(_world, Bob);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drain_is_caught_up_when_all_that_it_found_is_pushed()
    {
        _world.Append(Here, Alice);
        Assert.True(_bob.Drain.IsDue);

        await _bob.Drain.RunAsync(Ct);
        Assert.Equal((false, false), (_bob.Drain.IsDue, _bob.Drain.IsCaughtUp));
        Assert.True(_bob.Drain.First.IsCompleted);
        Assert.Equal(Here, _bob.Window.TakeToRead()!.Conversation);
        _bob.Pusher.PushRead(_bob.Loaded(Here), SeqNo.None, _world.Log(Here));

        Assert.True(_bob.Drain.IsCaughtUp);
        _bob.Drain.CaughtUpTaken();
        Assert.False(_bob.Drain.IsCaughtUp);
    }

    [Fact]
    public async Task Of_a_large_conversation_a_drain_only_tells_the_head()
    {
        var channel = _world.Group("alice", "bob", "carol", "dave");
        _world.Append(channel, Alice);

        await _bob.Drain.RunAsync(Ct);

        Assert.Equal(channel, Assert.IsType<AdvancedEvent>(Assert.Single(_bob.Taken())).Conversation);
        Assert.True(_bob.Drain.IsCaughtUp);
    }

    [Fact]
    public async Task A_drain_runs_again_when_the_user_was_removed_from_a_conversation_meanwhile()
    {
        _world.Append(Here, Alice);
        _world.MeanwhileOf<GetGroupsOf>(() => _bob.Drain.Leave(_world.Group("alice", "bob")));

        await _bob.Drain.RunAsync(Ct);

        Assert.Equal((true, false, 1), (_bob.Drain.IsDue, _bob.Window.HasToRead, _bob.Drain.Removals));
    }

    [Fact]
    public void Who_waits_for_the_first_drain_is_released_when_the_connection_ends()
    {
        _bob.Drain.End();

        Assert.True(_bob.Drain.First.IsCompleted);
    }

    [Fact]
    public async Task A_resync_drops_the_waiting_events_and_keeps_the_answers_and_the_drain_is_due()
    {
        _world.Append(Here, Alice);
        await _bob.Drain.RunAsync(Ct);
        var window = _bob.Loaded(Here);
        _bob.Pusher.PushRead(window, SeqNo.None, _world.Log(Here));
        _bob.SendQueue.AddAnswer(new Reply());

        _bob.Resync.Begin();

        Assert.True(_bob.Resync.IsPending);
        Assert.Equal((true, false), (_bob.Drain.IsDue, _bob.Drain.IsCaughtUp));
        Assert.Equal((0L, 0), (window.Pushed.Value, _bob.Window.Unacked));
        Assert.Equal([typeof(Reply), typeof(ResyncEvent)], _bob.Taken().Select(item => item.GetType()));
        Assert.False(_bob.Resync.IsPending);
    }

    [Fact]
    public void During_a_resync_no_message_is_pushed()
    {
        _bob.Loaded(Here);
        _bob.Resync.Begin();
        _bob.Loaded(Here);
        var appended = _world.Append(Here, Alice);

        _bob.Pusher.Push(appended, new MessageEvent(appended.Message, toSender: false));

        Assert.IsType<ResyncEvent>(Assert.Single(_bob.Taken()));
        Assert.True(_bob.Window.HasToRead);
    }

    public void Dispose() => _world.Dispose();
}

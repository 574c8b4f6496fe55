using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class DrainTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { UnackedWindow = 8, PushThreshold = 3 });

    [Fact]
    public async Task A_device_gets_the_welcome_then_what_waits_in_order_then_caughtUp()
    {
        _world.Say(3, Here, Alice);
        var group = _world.Group("alice", "bob");
        _world.Say(2, group, Alice);

        var bob = await _world.ConnectedAsync(Bob);

        Assert.IsType<Welcome>(bob.Events[0]);
        Assert.IsType<CaughtUpEvent>(bob.Events[^1]);
        Assert.Equal([1, 2, 3], SeqNos(bob, Here));
        Assert.Equal([1, 2], SeqNos(bob, group));
    }

    // Erased, or of a kind that only newer servers know.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_not_shown_is_a_hole_that_holds_up_nothing(int erased)
    {
        for (var n = 1; n <= 3; n++)
        {
            var appended = _world.Append(Here, Alice);
            if (n == erased)
                _world.Erase(appended);
        }
        var bob = await _world.ConnectedAsync(Bob);
        var others = new[] { 1L, 2, 3 }.Where(n => n != erased).ToList();
        Assert.IsType<CaughtUpEvent>(bob.Events[^1]);
        Assert.Equal(others, bob.SeqNos);

        await _world.AckAsync(Bob, Here, others[^1]);
        var live = _world.Append(Here, Alice);
        _world.Offer(live with { Message = live.Message with { Content = MessageContent.Erased } });
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([.. others, 5], bob.SeqNos);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_the_user_has_cleared_is_not_sent_and_holds_up_nothing(int cleared)
    {
        _world.Say(3, Here, Alice);
        _world.Cleared[(Bob.User, Here)] = new SeqNo(cleared);

        var bob = await _world.ConnectedAsync(Bob);
        Assert.IsType<CaughtUpEvent>(bob.Events[^1]);
        Assert.Equal(Enumerable.Range(cleared + 1, 3 - cleared).Select(n => (long)n), bob.SeqNos);

        _world.Say(Here, Alice);
        await _world.SettleAsync();
        Assert.Equal(4, bob.SeqNos[^1]);
    }

    [Fact]
    public async Task With_nothing_waiting_it_is_caught_up_at_once()
    {
        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal([typeof(Welcome), typeof(CaughtUpEvent)], bob.Events.Select(item => item.GetType()));
    }

    [Fact]
    public async Task A_device_that_comes_back_gets_exactly_what_it_has_not_acked()
    {
        _world.Say(5, Here, Alice);
        var first = await _world.ConnectedAsync(Bob);
        await _world.AckAsync(Bob, Here, 3);
        first.Connection.Dispose();

        var again = await _world.ConnectedAsync(Bob);

        Assert.Equal([4, 5], again.SeqNos);
    }

    [Fact]
    public async Task A_later_device_begins_at_the_heads_and_gets_what_comes_after()
    {
        _world.Say(3, Here, Alice);
        await _world.ConnectedAsync(Bob);

        var laptop = await _world.ConnectedAsync(World.Device("bob", "laptop"));
        Assert.Empty(laptop.Messages);
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([4], laptop.SeqNos);
    }

    [Fact]
    public async Task A_later_device_that_goes_before_it_acked_anything_gets_on_its_return_what_came_meanwhile()
    {
        _world.Say(3, Here, Alice);
        await _world.ConnectedAsync(Bob);
        var laptop = World.Device("bob", "laptop");
        (await _world.ConnectedAsync(laptop)).Connection.Dispose();
        _world.Say(2, Here, Alice);

        var again = await _world.ConnectedAsync(laptop);

        Assert.Equal([4, 5], again.SeqNos);
    }

    [Fact]
    public async Task A_new_member_begins_where_it_joined()
    {
        var group = _world.Group("alice");
        _world.Say(3, group, Alice);
        var bob = await _world.ConnectedAsync(Bob);
        _world.Join(group, "bob");

        _world.Say(group, Alice);
        await _world.SettleAsync();
        bob.Connection.Dispose();
        var again = await _world.ConnectedAsync(Bob);

        Assert.Equal([4], bob.SeqNos);
        Assert.Equal([4], again.SeqNos);
    }

    [Fact]
    public async Task A_large_conversation_is_one_hint()
    {
        var channel = _world.Group("alice", "bob", "carol", "dave");
        for (var i = 0; i < 5; i++)
            _world.Append(channel, Alice);

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Empty(bob.Messages);
        Assert.Equal(5, Assert.Single(bob.Events.OfType<AdvancedEvent>()).MaxSeqNo.Value);
    }

    [Fact]
    public async Task The_drain_pauses_when_the_window_is_full_and_ends_in_caughtUp_as_acks_come()
    {
        _world.Say(20, Here, Alice);
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        Assert.Equal(8, bob.Messages.Count);

        for (var acked = 8; acked <= 16; acked += 8)
        {
            Assert.False(bob.CaughtUp);
            await _world.AckAsync(Bob, Here, acked);
            await _world.SettleAsync();
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(seqNo => (long)seqNo), bob.SeqNos);
        Assert.IsType<CaughtUpEvent>(bob.Events[^1]);
    }

    [Fact]
    public async Task What_is_appended_during_the_drain_follows_in_order()
    {
        _world.Say(3, Here, Alice);
        _world.MeanwhileOf<GetHeads>(() => _world.Say(Here, Alice));
        _world.MeanwhileOf<ReadLog>(() => _world.Say(Here, Alice));

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal([1, 2, 3, 4, 5], bob.SeqNos);
        Assert.Equal(1, bob.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task A_message_that_comes_while_the_device_is_taken_in_does_not_overtake_the_welcome()
    {
        // Before its first drain a device has no cursor: one that is new would get the whole past, too.
        _world.Say(3, Here, Alice);
        await _world.ConnectedAsync(Bob);
        var laptop = World.Device("bob", "laptop");
        _world.Connect(laptop, old =>
        {
            old.Stall();
            old.Closing = () =>
            {
                _world.Say(Here, Alice);
                _world.SpinUntilAtRest(laptop);
            };
        });

        var client = await _world.ConnectedAsync(laptop);

        Assert.IsType<Welcome>(client.Events[0]);
        Assert.True(client.SeqNos is [] or [4], string.Join(' ', client.SeqNos));
    }

    [Fact]
    public async Task A_member_who_is_removed_during_the_drain_gets_nothing_of_what_comes_after()
    {
        var group = _world.Group("alice", "bob");
        _world.Say(2, group, Alice);
        _world.MeanwhileOf<GetHeads>(() =>
        {
            _world.Leave(group, "bob");
            _world.Connections.Find(Bob)!.Leave(group);
            _world.Append(group, Alice);
        });

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Empty(bob.Messages);
        Assert.Equal(1, bob.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task A_drain_brings_the_devices_own_messages_as_their_acks_may_be_lost()
    {
        _world.Say(Here, Alice);
        _world.Say(Here, Bob);
        _world.Say(Here, Alice);

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal([1, 2, 3], bob.SeqNos);
        Assert.Equal([false, true, false], bob.Events.OfType<MessageEvent>().Select(item => item.ToSender));
    }

    [Fact]
    public async Task An_own_message_told_of_while_the_drain_reads_it_does_not_hold_up_caughtUp()
    {
        _world.Say(2, Here, Alice);
        var own = _world.Append(Here, Bob);
        await _world.Store.AddDeviceAsync(Bob, new Dictionary<ConversationId, SeqNo> { [Here] = new(2) }, TestContext.Current.CancellationToken);
        _world.MeanwhileOf<ReadLog>(() => _world.Offer(own));

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal([3], bob.SeqNos);
    }

    [Fact]
    public async Task A_drain_that_finds_its_store_away_begins_again_with_the_next_sweep()
    {
        _world.Say(3, Here, Alice);
        _world.FailNext<GetHeads>();
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        Assert.Equal([typeof(Welcome)], bob.Events.Select(item => item.GetType()));

        _world.Sweep(TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(() => bob.CaughtUp, "caughtUp");

        Assert.Equal([1, 2, 3], bob.SeqNos);
        Assert.Equal(1, bob.Count<CaughtUpEvent>());
        Assert.Single(_world.Published<DeviceConnected>());
    }

    [Fact]
    public async Task A_read_or_a_membership_that_finds_its_store_away_is_tried_again_with_the_next_sweep()
    {
        _world.Say(3, Here, Alice);
        _world.FailNext<ReadLog>();
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        _world.Sweep(TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(() => bob.CaughtUp, "caughtUp");

        var group = _world.Group("alice", "bob");
        _world.FailNext<GetMembershipAsReader>();
        _world.Say(group, Alice);
        await _world.SettleAsync();
        Assert.Empty(SeqNos(bob, group));
        _world.Sweep(TimeSpan.FromSeconds(1));
        await _world.SettleAsync();

        Assert.Equal([1], SeqNos(bob, group));
    }

    [Fact]
    public async Task Cursors_outlive_a_restart()
    {
        using var stores = new TemporaryStores("delivery", typeof(DeliveryModule).Assembly);
        var messages = 0;
        foreach (var expected in new long[][] { [1, 2, 3], [3, 4, 5, 6] })
        {
            using var world = new World(store: new SqliteCursorStore(stores.Database, TimeProvider.System));
            for (messages += 3; world.Head(Here).Value < messages;)
                world.Append(Here, Alice);
            var bob = await world.ConnectedAsync(Bob);
            Assert.Equal(expected, bob.SeqNos);
            await world.AckAsync(Bob, Here, 2);
            await world.CursorTable.SaveAsync(TestContext.Current.CancellationToken);
            stores.Close();
        }
    }

    public void Dispose() => _world.Dispose();

    private static IEnumerable<long> SeqNos(Client client, ConversationId conversation) =>
        client.Messages.Where(message => message.Conversation == conversation).Select(message => message.SeqNo.Value);
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class PushTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { UnackedWindow = 8 });

    [Fact]
    public async Task All_receivers_get_the_very_same_event_so_that_it_is_encoded_once()
    {
        var group = _world.Group("alice", "bob", "carol");
        var receivers = new[] { await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(World.Device("carol")) };
        _world.Say(group, Alice);
        await _world.SettleAsync();

        _world.Say(group, Alice);
        await _world.SettleAsync();

        var events = receivers.Select(receiver => receiver.Events.OfType<MessageEvent>().Last()).ToList();
        Assert.Equal(2, events[0].Message.SeqNo.Value);
        Assert.Same(events[0], events[1]);
    }

    [Fact]
    public async Task A_push_that_follows_on_what_went_before_needs_no_look_into_the_log()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();
        _world.MeanwhileOf<ReadLog>(() => Assert.Fail("The log was read."));

        _world.Say(3, Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3, 4], bob.SeqNos);
    }

    [Fact]
    public async Task Out_of_order_and_twice_they_still_arrive_once_and_in_order()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var appended = Enumerable.Range(0, 5).Select(_ => _world.Append(Here, Alice)).ToList();

        foreach (var place in new[] { 3, 1, 1, 0, 4, 2, 3, 0 })
            _world.Offer(appended[place]);
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3, 4, 5], bob.SeqNos);
    }

    // As a retry does that another attempt's answer, or another node, came before.
    [Fact]
    public async Task What_is_told_again_later_is_pushed_to_nobody_again()
    {
        var (alice, bob) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(Bob));
        var acked = _world.Say(Here, Alice, hole: 2);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, acked.Message.SeqNo.Value);
        // So many that this one is forgotten.
        for (var i = 0; i < 300; i++)
        {
            var other = _world.Group("alice", "bob");
            _world.Say(other, Alice);
            await _world.SettleAsync();
            await _world.AckAsync(Bob, other, 1);
        }
        var inFlight = _world.Say(Here, Alice);
        await _world.SettleAsync();
        var (toAlice, toBob) = (alice.Events.Count, bob.Events.Count);

        foreach (var again in new[] { acked, inFlight, inFlight with { Previous = new SeqNo(inFlight.Message.SeqNo.Value - 1) }, acked })
        {
            _world.Offer(again);
            await _world.SettleAsync();
        }

        Assert.Equal((toAlice, toBob), (alice.Events.Count, bob.Events.Count));
    }

    [Fact]
    public async Task What_nobody_told_of_is_read_from_the_log_before_the_next_is_pushed()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        _world.Append(Here, Alice);
        _world.Append(Here, Alice);

        _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3, 4], bob.SeqNos);
    }

    [Fact]
    public async Task A_hole_is_passed_without_a_look_into_the_log()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();
        _world.MeanwhileOf<ReadLog>(() => Assert.Fail("The log was read."));

        _world.Say(Here, Alice, hole: 3);
        await _world.SettleAsync();

        Assert.Equal([1, 5], bob.SeqNos);
    }

    [Fact]
    public async Task A_place_alone_brings_everything_up_to_it()
    {
        var bob = await _world.ConnectedAsync(Bob);
        for (var i = 0; i < 4; i++)
            _world.Append(Here, Alice);

        bob.Connection.Advance(Here, new SeqNo(4));
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3, 4], bob.SeqNos);
    }

    [Fact]
    public async Task Pushing_pauses_at_the_window_over_all_conversations_and_goes_on_as_acks_come()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(6, Here, Alice);
        _world.Say(6, group, Alice);
        await _world.SettleAsync();
        Assert.Equal(8, bob.Messages.Count);

        await _world.AckAsync(Bob, Here, 6);
        await _world.SettleAsync();

        Assert.Equal(12, bob.Messages.Count);
        Assert.Empty(bob.Closed);
    }

    [Fact]
    public async Task Own_messages_are_passed_over_by_the_sending_device_and_pushed_to_the_users_others()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var laptop = await _world.ConnectedAsync(World.Device("bob", "laptop"));

        _world.Say(2, Here, Bob);
        await _world.SettleAsync();

        Assert.Empty(bob.Messages);
        Assert.Equal(2, await _world.CursorAsync(Bob, Here));
        Assert.Equal([1, 2], laptop.SeqNos);
        Assert.All(laptop.Events.OfType<MessageEvent>(), item => Assert.True(item.ToSender));
    }

    [Fact]
    public async Task Behind_an_unacked_message_own_ones_wait_for_it_and_are_passed_with_its_ack()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        _world.Say(2, Here, Bob);
        await _world.SettleAsync();
        Assert.Equal(0, await _world.CursorAsync(Bob, Here));

        await _world.AckAsync(Bob, Here, 1);

        Assert.Equal(3, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task Own_messages_behind_an_unacked_one_take_no_room_however_many()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        _world.Say(1_000, Here, Bob);
        await _world.SettleAsync();
        var acked = new List<Delivery.Connections.InFlightMessage>();
        bob.Connection.Ack(Here, new SeqNo(1), null, acked);

        Assert.True(acked.Count <= 2, $"{acked.Count} places were kept.");
        Assert.Equal(1_001, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task An_ack_in_the_middle_of_own_messages_counts()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        _world.Say(3, Here, Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, 3);

        Assert.Equal(4, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task What_the_client_fetched_and_acked_by_itself_is_not_pushed()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var appended = Enumerable.Range(0, 4).Select(_ => _world.Append(Here, Alice)).ToList();
        await _world.AckAsync(Bob, Here, 3);

        appended.ForEach(_world.Offer);
        await _world.SettleAsync();

        Assert.Equal([4], bob.SeqNos);
    }

    [Fact]
    public async Task A_member_who_is_removed_gets_nothing_more_not_even_what_is_being_read()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.Append(group, Alice);
        _world.MeanwhileOf<ReadLog>(() =>
        {
            _world.Leave(group, "bob");
            bob.Connection.Leave(group);
        });

        _world.Say(group, Alice);
        await _world.SettleAsync();

        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task A_member_who_is_removed_gets_nothing_of_what_waits_to_be_read_and_frees_the_window()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(20, group, Alice);
        await _world.SettleAsync();
        Assert.Equal(8, bob.Messages.Count);

        _world.Leave(group, "bob");
        bob.Connection.Leave(group);
        _world.Say(8, Here, Alice);
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8], bob.SeqNos);
        Assert.Equal(8, bob.Messages.Count(message => message.Conversation == group));
    }

    [Fact]
    public async Task A_member_who_was_removed_is_caught_up_without_the_group()
    {
        var group = _world.Group("alice", "bob");
        _world.Say(20, group, Alice);
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        Assert.False(bob.CaughtUp);

        _world.Leave(group, "bob");
        bob.Connection.Leave(group);
        await _world.SettleAsync();

        Assert.Equal(1, bob.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task A_member_who_comes_again_begins_where_it_joined_again()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, group, Alice);
        await _world.SettleAsync();
        _world.Leave(group, "bob");
        bob.Connection.Leave(group);
        _world.Say(3, group, Alice);
        _world.Join(group, "bob");

        _world.Say(group, Alice);
        await _world.SettleAsync();

        Assert.Equal([1, 2, 6], bob.SeqNos);
    }

    [Fact]
    public async Task Who_is_no_member_gets_nothing_though_told_of_it()
    {
        var group = _world.Group("alice");
        var bob = await _world.ConnectedAsync(Bob);

        bob.Connection.Push(_world.Append(group, Alice), new MessageEvent(_world.Log(group)[0], toSender: false));
        await _world.SettleAsync();

        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task Conversations_at_rest_are_forgotten_beyond_a_number_and_go_on_where_they_were()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var groups = Enumerable.Range(0, 600).Select(_ => _world.Group("alice", "bob")).ToList();
        foreach (var seqNo in new long[] { 1, 2 })
        {
            foreach (var group in groups)
            {
                _world.Say(group, Alice);
                await _world.SettleAsync();
                await _world.AckAsync(Bob, group, seqNo);
            }
        }

        Assert.Equal(1_200, bob.Messages.Count);
        Assert.All(bob.Messages.GroupBy(message => message.Conversation), messages => Assert.Equal([1, 2], messages.Select(message => message.SeqNo.Value)));
    }

    public void Dispose() => _world.Dispose();
}

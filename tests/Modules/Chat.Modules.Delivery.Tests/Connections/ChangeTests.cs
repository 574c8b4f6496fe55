using System.Runtime.CompilerServices;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>Changes of messages: pushed to all, in nobody's way, and never lost to a device that acks them.</summary>
public sealed class ChangeTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { UnackedWindow = 8, PushThreshold = 4 });

    [Fact]
    public async Task A_change_is_pushed_to_every_other_device_as_one_event_and_to_the_senders_with_its_id()
    {
        var group = _world.Group("alice", "bob", "carol");
        var (bob, carol) = (await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(World.Device("carol")));
        var (phone, laptop) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(World.Device("alice", "laptop")));
        var message = _world.Say(group, Alice);
        await _world.SettleAsync();

        _world.Change(message, Alice, "better");
        await _world.SettleAsync();

        var told = Assert.Single(bob.Events.OfType<ChangeEvent>());
        Assert.Equal(("better", message.Message.Id, false), (told.Message.Content.Text.ToString(), told.Message.Content.Change!.Target.Id, told.ToSender));
        Assert.Same(told, Assert.Single(carol.Events.OfType<ChangeEvent>()));
        Assert.True(Assert.Single(laptop.Events.OfType<ChangeEvent>()).ToSender);
        Assert.Empty(phone.Changes);
    }

    // Nobody has sent it, so nobody has an ack of it: also not the device that has the sender's name.
    [Fact]
    public async Task A_notice_is_pushed_to_every_device_of_every_member_live_and_in_a_drain()
    {
        var group = _world.Group("alice", "bob", "carol");
        var (alice, bob) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(Bob));

        _world.Tell(group, Alice.User);
        _world.Say(group, Bob);
        _world.Tell(group, Alice.User);
        await _world.SettleAsync();

        Assert.Equal([1, 3], alice.Changes);
        Assert.Equal([1, 3], bob.Changes);
        Assert.All(alice.Events.OfType<ChangeEvent>(), told => Assert.Equal("other", told.Message.Content.Notice?.Value));
        var carol = await _world.ConnectedAsync(World.Device("carol"));
        Assert.Equal([1, 3], carol.Changes);
        alice.Connection.Dispose();
        var again = await _world.ConnectedAsync(Alice);
        Assert.Equal([1, 3], again.Changes);
    }

    [Fact]
    public async Task Changes_take_no_room_in_the_window_and_are_not_sent_again()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var message = _world.Say(Here, Alice);
        await _world.SettleAsync();
        _world.Say(7, Here, Alice);
        await _world.SettleAsync();

        for (var i = 0; i < 20; i++)
            _world.Change(message, Alice, $"{i}");
        await _world.SettleAsync();

        Assert.Equal([.. Enumerable.Range(9, 20).Select(seqNo => (long)seqNo)], bob.Changes);
        await _world.AckAsync(Bob, Here, 8);
        _world.Sweep(TimeSpan.FromMinutes(10));
        await _world.SettleAsync();
        Assert.Equal(20, bob.Changes.Length);
        _world.Say(8, Here, Alice);
        await _world.SettleAsync();
        Assert.Equal(16, bob.SeqNos.Length);
    }

    [Fact]
    public async Task A_change_that_was_not_acked_is_sent_again_in_the_next_drain_and_one_that_was_is_not()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var message = _world.Say(Here, Alice);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 1);
        _world.Change(message, Alice);
        _world.Change(message, Alice);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 2);
        bob.Connection.Dispose();

        var again = await _world.ConnectedAsync(Bob);
        Assert.Equal(3, Assert.Single(again.Changes));
        await _world.AckAsync(Bob, Here, 3);
        again.Connection.Dispose();

        Assert.Empty((await _world.ConnectedAsync(Bob)).Changes);
    }

    [Fact]
    public async Task A_lost_change_is_not_passed_over_by_the_ack_of_the_message_before_it_or_by_own_messages()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var first = _world.Say(Here, Alice);
        var second = _world.Say(Here, Alice);
        await _world.SettleAsync();
        bob.LoseAll();
        _world.Change(first, Alice);
        _world.Say(Here, Bob);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, second.Message.SeqNo.Value);
        Assert.Equal(2, await _world.CursorAsync(Bob, Here));
        bob.Connection.Dispose();

        Assert.Equal(3, Assert.Single((await _world.ConnectedAsync(Bob)).Changes));
    }

    [Fact]
    public async Task The_ack_of_a_later_message_passes_over_changes_and_own_messages_between()
    {
        await _world.ConnectedAsync(Bob);
        var message = _world.Say(Here, Alice);
        _world.Change(message, Alice);
        _world.Say(Here, Bob);
        _world.Change(message, Alice);
        _world.Say(Here, Bob);
        _world.Say(Here, Alice);
        _world.Say(Here, Bob);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, 6);

        Assert.Equal(7, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task A_drain_leaves_out_what_is_in_the_state_of_a_message_that_it_sends()
    {
        var old = _world.Say(Here, Alice);
        await _world.ConnectedAsync(Bob);
        await _world.AckAsync(Bob, Here, 1);
        var bob = _world.Connections.Find(Bob)!;
        bob.Dispose();
        var message = _world.Say(Here, Alice);
        _world.Change(message, Alice, "better");
        _world.Change(old, Alice, "older");
        _world.Change(message, Alice, "best");
        _world.Say(Here, Alice);

        var again = await _world.ConnectedAsync(Bob);

        Assert.Equal([2, 6], again.SeqNos);
        Assert.Equal(("best", 5), (again.Messages[0].ShownText.ToString(), again.Messages[0].State!.ChangedSeqNo.Value));
        Assert.Equal([4], again.Changes);
        await _world.AckAsync(Bob, Here, 6);
        Assert.Equal(6, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task What_is_changed_while_the_drain_is_under_way_is_told()
    {
        var first = _world.Say(Here, Alice);
        _world.Say(15, Here, Alice);
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        Assert.Equal(8, bob.Messages.Count);

        _world.Change(first, Alice, "late");
        for (var seqNo = 8; seqNo <= 16; seqNo += 8)
        {
            await _world.AckAsync(Bob, Here, seqNo);
            await _world.SettleAsync();
        }

        Assert.Null(bob.Messages[0].State);
        Assert.Equal([17], bob.Changes);
    }

    [Fact]
    public async Task What_the_client_fetched_before_the_drain_is_told_of_its_changes()
    {
        _world.Say(8, Here, Alice);
        var fetched = _world.Say(Here, Alice);
        _world.Say(7, Here, Alice);
        _world.Change(fetched, Alice);
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        Assert.Equal(8, bob.Messages.Count);

        await _world.AckAsync(Bob, Here, 16);
        await _world.SettleAsync();

        Assert.Equal([17], bob.Changes);
    }

    [Fact]
    public async Task A_change_of_a_message_that_a_member_does_not_see_is_a_hole_live_and_in_drains()
    {
        var group = _world.Group("alice", "bob", "carol");
        var before = _world.Say(group, Alice);
        _world.Join(group, "carol", seesThePast: false);
        var (bob, carol) = (await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(World.Device("carol")));
        var after = _world.Say(group, Alice);
        await _world.SettleAsync();

        _world.Change(before, Alice);
        _world.Change(after, Alice);
        _world.Say(group, Alice);
        await _world.SettleAsync();

        Assert.Equal([3, 4], bob.Changes);
        Assert.Equal([4], carol.Changes);
        Assert.Equal([2, 5], carol.SeqNos);
        await _world.AckAsync(World.Device("carol"), group, 2);
        carol.Connection.Dispose();
        carol = await _world.ConnectedAsync(World.Device("carol"));
        Assert.Equal([4], carol.Changes);
        Assert.Equal([5], carol.SeqNos);
    }

    [Fact]
    public async Task A_message_of_a_drain_says_what_its_reader_has_reacted_with()
    {
        var message = _world.Say(Here, Alice);
        _world.SetState(message, new MessageState { ChangedSeqNo = new SeqNo(2), Reactions = [new MessageReaction("👍", 2, [Alice.User, Bob.User])] });

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal(["bob"], Assert.Single(bob.Events.OfType<MessageEvent>()).Mine);
    }

    [Fact]
    public async Task A_deleted_message_comes_as_its_place()
    {
        var message = _world.Say(Here, Alice);
        _world.Change(message, Alice);
        _world.SetState(message, new MessageState { ChangedSeqNo = new SeqNo(2), Deletion = new MessageDeletion(Alice.User, default, new SeqNo(2)) });

        var bob = await _world.ConnectedAsync(Bob);

        Assert.Equal((Alice.User, ""), (Assert.Single(bob.Messages).State!.Deletion!.By, bob.Messages[0].ShownText.ToString()));
        await _world.AckAsync(Bob, Here, 1);
        Assert.Equal(2, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task No_receipt_is_for_a_change()
    {
        var alice = await _world.ConnectedAsync(Alice);
        await _world.ConnectedAsync(Bob);
        var laptop = await _world.ConnectedAsync(World.Device("bob", "laptop"));
        var message = _world.Say(Here, Alice);
        _world.Change(message, Alice);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, 2, AckStatus.Read);
        await _world.GatheredReceipts.StartAsync(TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() =>
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            return alice.Count<ReceiptEvent>() == 2;
        }, "the receipts");
        await _world.GatheredReceipts.StopAsync(TestContext.Current.CancellationToken);

        Assert.All(alice.Events.OfType<ReceiptEvent>(), receipt => Assert.Equal((message.Message.Id, 1), (receipt.Message, receipt.SeqNo.Value)));
        Assert.Equal(1, Assert.Single(laptop.Events.OfType<ReceiptEvent>()).SeqNo.Value);
    }

    [Fact]
    public async Task A_client_that_knows_no_changes_gets_every_message_through_floods_of_them()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var message = _world.Say(Here, Alice);
        var messages = new List<long> { 1 };
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 50; i++)
                _world.Change(message, Alice, $"{round} {i}");
            messages.Add(_world.Say(Here, Alice).Message.SeqNo.Value);
            await _world.SettleAsync();
            // It acks messages alone.
            await _world.AckAsync(Bob, Here, bob.SeqNos[^1]);
            if (round % 5 != 4)
                continue;
            bob.Connection.Dispose();
            bob = await _world.ConnectedAsync(Bob);
            Assert.Equal([typeof(Welcome), typeof(CaughtUpEvent)], bob.Events.Select(item => item.GetType()));
        }

        Assert.Equal(messages[^1], await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task Changes_that_are_never_acked_keep_no_window()
    {
        var messages = Enumerable.Range(0, 600).Select(i => _world.Say(World.Direct("bob", $"user{i}"), World.Device($"user{i}"))).ToList();
        var bob = _world.Connect(Bob);
        await _world.SettleAsync();
        while (await CursorSumAsync(messages) < messages.Count)
        {
            foreach (var message in bob.Messages.TakeLast(8))
                await _world.AckAsync(Bob, message.Conversation, 1);
            await _world.SettleAsync();
        }

        foreach (var message in messages)
        {
            _world.Change(message, message.Message.Sender);
            await _world.SettleAsync();
        }

        Assert.Equal(messages.Count, bob.Changes.Length);
        Assert.InRange(WindowOf(bob.Connection).Count, 0, 300);
    }

    public void Dispose() => _world.Dispose();

    private async Task<long> CursorSumAsync(IEnumerable<MessageAppended> messages)
    {
        var sum = 0L;
        foreach (var message in messages)
            sum += await _world.CursorAsync(Bob, message.Message.Conversation);
        return sum;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_window")]
    private static extern ref SendWindow WindowOf(DeviceConnection connection);
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class ResyncTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { UnackedWindow = 8, MaxPendingEvents = 16, PushThreshold = 3 });

    [Fact]
    public async Task A_reader_that_stalls_is_told_to_resync_and_loses_nothing()
    {
        var bob = await StalledAsync();
        _world.Say(6, Here, Alice);
        Flood(bob);

        bob.Release();
        await _world.SettleAsync();

        var after = bob.Events.SkipWhile(item => item is not ResyncEvent).ToList();
        Assert.Equal(1, bob.Count<ResyncEvent>());
        Assert.Equal([1, 2, 3, 4, 5, 6], after.OfType<MessageEvent>().Select(item => item.Message.SeqNo.Value));
        Assert.IsType<CaughtUpEvent>(after[^1]);
        Assert.Equal(2, bob.Count<CaughtUpEvent>());
        Assert.Empty(bob.Closed);
    }

    [Fact]
    public async Task Messages_alone_do_not_overflow_they_wait_in_the_log()
    {
        var bob = await StalledAsync();
        for (var i = 0; i < 100; i++)
            _world.Say(Here, Alice, new string('x', 16_384));

        bob.Connection.Tell(new News());
        bob.Release();
        for (var acked = 8; acked < 100; acked += 8)
        {
            await _world.SettleAsync();
            await _world.AckAsync(Bob, Here, acked);
        }
        await _world.SettleAsync();

        Assert.Equal(0, bob.Count<ResyncEvent>());
        Assert.Equal(Enumerable.Range(1, 100).Select(seqNo => (long)seqNo), bob.SeqNos);
    }

    [Fact]
    public async Task One_reader_that_stalls_does_not_slow_the_others()
    {
        var group = _world.Group("alice", "bob", "carol");
        var bob = await StalledAsync();
        var carol = await _world.ConnectedAsync(World.Device("carol"));

        for (var seqNo = 1; seqNo <= 50; seqNo++)
        {
            _world.Say(group, Alice);
            await _world.SettleAsync();
            await _world.AckAsync(carol.Device, group, seqNo);
        }

        Assert.Equal(50, carol.Messages.Count);
        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task What_waits_for_a_reader_that_stalls_is_bounded()
    {
        var bob = await StalledAsync();
        for (var i = 0; i < 10_000; i++)
        {
            _world.Say(Here, Alice);
            bob.Connection.Tell(new News(i));
        }

        bob.Release();
        await _world.SettleAsync();

        Assert.True(bob.Events.Count < 64, $"{bob.Events.Count} events were kept.");
        Assert.Equal(1, bob.Count<ResyncEvent>());
    }

    [Fact]
    public async Task An_ack_above_the_first_message_dropped_is_ignored_until_the_drain_has_passed_it()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();
        bob.Stall();
        bob.Connection.Tell(new News());
        await Wait.UntilAsync(() => bob.IsHeldBack, "the write");
        _world.Say(3, Here, Alice);
        Flood(bob);

        await _world.AckAsync(Bob, Here, 5);
        Assert.Equal(0, await _world.CursorAsync(Bob, Here));
        await _world.AckAsync(Bob, Here, 2);
        Assert.Equal(2, await _world.CursorAsync(Bob, Here));

        bob.Release();
        await _world.SettleAsync();
        Assert.Equal([1, 2, 3, 4, 5], bob.SeqNos);
        await _world.AckAsync(Bob, Here, 5);
        Assert.Equal(5, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task An_ack_counts_again_where_only_what_was_acked_already_was_dropped()
    {
        var bob = await StalledAsync();
        _world.Say(3, Here, Alice);
        await _world.AckAsync(Bob, Here, 3);
        Flood(bob);
        _world.Append(Here, Alice);

        await _world.AckAsync(Bob, Here, 4);

        Assert.Equal(4, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task A_resync_brings_own_messages_too_and_counts_them_no_second_time()
    {
        var bob = await StalledAsync();
        _world.Say(Here, Alice);
        _world.Say(Here, Bob);
        _world.Say(Here, Alice);
        Flood(bob);

        bob.Release();
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 3);

        Assert.Equal([1, 2, 3], bob.SeqNos);
        Assert.Equal(3, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task A_resync_in_the_middle_of_a_drain_starts_it_anew()
    {
        // The message comes after the drain has looked at its conversation, waits, and is dropped.
        _world.Say(3, Here, Alice);
        var bob = await _world.ConnectedAsync(Bob);
        await _world.AckAsync(Bob, Here, 3);
        bob.Stall();
        Flood(bob);
        _world.MeanwhileOf<GetHeads>(() =>
        {
            _world.Say(Here, Alice);
            Flood(bob);
        });

        bob.Release();
        await _world.SettleAsync();

        var last = bob.Events.Reverse().TakeWhile(item => item is not ResyncEvent).ToList();
        Assert.Equal([4], last.OfType<MessageEvent>().Select(item => item.Message.SeqNo.Value));
        Assert.IsType<CaughtUpEvent>(last[0]);
        Assert.Single(last.OfType<CaughtUpEvent>());
    }

    [Fact]
    public async Task A_resync_in_the_middle_of_a_drains_read_does_not_bring_caughtUp_early()
    {
        _world.Say(20, Here, Alice);
        var group = _world.Group("alice", "bob");
        _world.Say(4, group, Alice);
        Client bob = null!;
        _world.MeanwhileOf<ReadLog>(() => Flood(bob));
        bob = _world.Connect(Bob, client => client.Stall());
        bob.Release();

        for (var acked = 0; acked < 20; acked += 4)
        {
            await _world.SettleAsync();
            Assert.Equal(bob.Messages.Select(message => message.Id).Distinct().Count() == 24, bob.CaughtUp);
            foreach (var conversation in new[] { Here, group })
            {
                if (bob.Messages.Where(message => message.Conversation == conversation).Max(message => (SeqNo?)message.SeqNo) is { } seen)
                    await _world.AckAsync(Bob, conversation, seen.Value);
            }
        }

        await _world.SettleAsync();
        Assert.Equal(1, bob.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task A_group_that_grew_large_meanwhile_is_one_hint_and_its_acks_count()
    {
        var group = _world.Group("alice", "bob");
        var bob = await StalledAsync();
        _world.Say(3, group, Alice);
        Flood(bob);
        foreach (var member in new[] { "carol", "dave" })
            _world.Join(group, member);

        bob.Release();
        await _world.SettleAsync();
        await _world.AckAsync(Bob, group, 3);

        Assert.Empty(bob.Messages);
        Assert.Equal(3, Assert.Single(bob.Events.OfType<AdvancedEvent>()).MaxSeqNo.Value);
        Assert.Equal(3, await _world.CursorAsync(Bob, group));
    }

    [Fact]
    public async Task Answers_are_kept()
    {
        var bob = await StalledAsync();
        await bob.Connection.ReplyAsync(new Reply(1), moreFollow: false, TestContext.Current.CancellationToken);
        Flood(bob);
        await bob.Connection.ReplyAsync(new Reply(2), moreFollow: false, TestContext.Current.CancellationToken);

        bob.Release();
        await _world.SettleAsync();

        Assert.Equal([1, 2], bob.Events.OfType<Reply>().Select(reply => reply.Number));
    }

    [Fact]
    public async Task A_page_read_from_the_log_leaves_room_for_other_news()
    {
        using var world = new World(new DeliveryOptions { MaxPendingEvents = 16 });
        for (var i = 0; i < 100; i++)
            world.Append(Here, Alice);
        var bob = world.Connect(Bob, client => client.Stall());
        bob.Arrived = item =>
        {
            // The reader stalls with the first page of the drain.
            if (item is Welcome)
                bob.Stall();
        };
        bob.Release();
        await Wait.UntilAsync(() => bob.IsHeldBack, "the first page");

        bob.Connection.Tell(new News());
        bob.Arrived = null;
        bob.Release();
        await world.SettleAsync();

        Assert.Equal(0, bob.Count<ResyncEvent>());
        Assert.Equal(100, bob.Messages.Count);
    }

    public void Dispose() => _world.Dispose();

    private static void Flood(Client client)
    {
        for (var i = 0; i < 40; i++)
            client.Connection?.Tell(new News(i));
    }

    // Caught up, and then with one write under way that does not end.
    private async Task<Client> StalledAsync()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Stall();
        bob.Connection.Tell(new News());
        await Wait.UntilAsync(() => bob.IsHeldBack, "the write");
        return bob;
    }
}

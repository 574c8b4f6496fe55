using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class RepairTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { RepairPage = 4, PushThreshold = 3 });

    [Fact]
    public async Task What_the_client_says_it_has_not_seen_is_sent_again_own_messages_left_out()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        _world.Say(Here, Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 4);

        await RepairAsync(bob, Here, 1);

        Assert.Equal([1, 2, 4, 2, 4], bob.SeqNos);
    }

    [Fact]
    public async Task It_comes_before_the_answer_that_follows()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Append(Here, Alice);

        await bob.Connection.RepairAsync(Here, SeqNo.None, TestContext.Current.CancellationToken);
        await bob.Connection.ReplyAsync(new Reply(), moreFollow: false, TestContext.Current.CancellationToken);
        await _world.SettleAsync();

        Assert.Equal([typeof(MessageEvent), typeof(Reply)], bob.Events.TakeLast(2).Select(item => item.GetType()));
    }

    [Fact]
    public async Task Nothing_is_missing_and_nothing_is_sent()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();

        await RepairAsync(bob, Here, 2);

        Assert.Equal([1, 2], bob.SeqNos);
    }

    [Fact]
    public async Task More_than_a_page_is_a_resync()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(5, Here, Alice);
        await _world.SettleAsync();

        await RepairAsync(bob, Here, 0);

        Assert.Equal(1, bob.Count<ResyncEvent>());
        Assert.Equal(2, bob.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task Own_messages_do_not_count_towards_the_page()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        _world.Say(10, Here, Bob);
        await _world.SettleAsync();

        await RepairAsync(bob, Here, 1);

        Assert.Equal([1], bob.SeqNos);
        Assert.Equal(0, bob.Count<ResyncEvent>());
    }

    [Fact]
    public async Task Of_a_conversation_that_is_not_the_users_nothing_comes()
    {
        var group = _world.Group("alice");
        _world.Say(2, group, Alice);
        var bob = await _world.ConnectedAsync(Bob);

        await RepairAsync(bob, group, 0);

        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task A_member_who_is_removed_meanwhile_gets_nothing_of_what_comes_after()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.MeanwhileOf<GetMembershipAsReader>(() =>
        {
            _world.Leave(group, "bob");
            bob.Connection.Leave(group);
            _world.Append(group, Alice);
        });

        await RepairAsync(bob, group, 0);

        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task What_came_before_the_user_joined_is_not_missing()
    {
        var group = _world.Group("alice");
        _world.Say(2, group, Alice);
        _world.Join(group, "bob");
        _world.Append(group, Alice);
        var bob = await _world.ConnectedAsync(Bob);

        await RepairAsync(bob, group, 0);

        Assert.Equal([3, 3], bob.SeqNos);
    }

    [Fact]
    public async Task Before_the_first_drain_it_waits_so_that_a_later_device_does_not_get_the_past()
    {
        _world.Say(3, Here, Alice);
        await _world.ConnectedAsync(Bob);
        var laptop = _world.Connect(World.Device("bob", "laptop"), client => client.Stall());

        var repair = laptop.Connection.RepairAsync(Here, new SeqNo(2), TestContext.Current.CancellationToken);
        laptop.Release();
        await repair;
        await _world.SettleAsync();

        Assert.Equal([3], laptop.SeqNos);
        Assert.Equal(1, laptop.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task Of_a_large_conversation_it_brings_what_is_missing_and_not_the_past()
    {
        var channel = _world.Group("alice", "bob", "carol", "dave");
        for (var i = 0; i < 20; i++)
            _world.Append(channel, Alice);
        var bob = await _world.ConnectedAsync(Bob);

        await RepairAsync(bob, channel, 18);

        Assert.Equal([19, 20], bob.SeqNos);
    }

    [Fact]
    public async Task What_is_changed_during_the_read_is_told_though_a_drain_comes_between()
    {
        var elsewhere = World.Direct("bob", "carol");
        var bob = await _world.ConnectedAsync(Bob);
        var message = _world.Say(Here, Alice);
        _world.Say(5, elsewhere, World.Device("carol"));
        await _world.SettleAsync();
        using ManualResetEventSlim drained = new(), repaired = new();
        _world.MeanwhileOf<ReadLog>(() =>
        {
            _world.Edit(message.Message, Alice);
            // That of the long repair, which is a resync, and the first read after its drain.
            _world.MeanwhileOf<ReadLog>(() => { });
            _world.MeanwhileOf<ReadLog>(() =>
            {
                drained.Set();
                Assert.True(repaired.Wait(TimeSpan.FromSeconds(60)));
            });
            bob.Connection.RepairAsync(elsewhere, SeqNo.None, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            Assert.True(drained.Wait(TimeSpan.FromSeconds(60)));
        });

        await bob.Connection.RepairAsync(Here, SeqNo.None, TestContext.Current.CancellationToken);
        repaired.Set();
        await _world.SettleAsync();

        Assert.True(bob.Changes.Contains(2) || bob.Messages.Last(sent => sent.Conversation == Here).State?.ChangedSeqNo.Value == 2);
    }

    [Fact]
    public async Task It_ends_with_the_connection()
    {
        var bob = _world.Connect(Bob, client => client.Stall());
        var repair = bob.Connection.RepairAsync(Here, SeqNo.None, TestContext.Current.CancellationToken);

        bob.Connection.Dispose();

        await repair;
    }

    public void Dispose() => _world.Dispose();

    private async Task RepairAsync(Client client, ConversationId conversation, long lastSeen)
    {
        await client.Connection.RepairAsync(conversation, new SeqNo(lastSeen), TestContext.Current.CancellationToken);
        await _world.SettleAsync();
    }
}

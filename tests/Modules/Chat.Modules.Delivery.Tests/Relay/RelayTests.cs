using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>Three nodes with a log in common, on a real Redis.</summary>
public sealed class RelayTests : IAsyncLifetime
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Talk = World.Direct("alice", "bob");

    private readonly List<World> _nodes = [];
    private RedisServer _redis = null!;

    private World One => _nodes[0];

    private World Two => _nodes[1];

    private World Three => _nodes[2];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync($"--user {RedisUser.Documented(NodeServices.Password)}");
        for (var i = 0; i < 3; i++)
        {
            var node = new World(redis: _redis, beside: i == 0 ? null : One);
            _nodes.Add(node);
            await node.StartAsync();
        }
        await MeetAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _nodes.ForEach(node => node.Dispose());
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_message_is_pushed_to_a_user_on_another_node_and_its_receipt_comes_back()
    {
        var (alice, bob) = (await One.ConnectedAsync(Alice), await Two.ConnectedAsync(Bob));

        One.Say(Talk, Alice, "grüße");
        await Wait.UntilAsync(() => bob.SeqNos is [1], "the message");
        Assert.Equal("grüße", bob.Messages[0].Content.Text.ToString());
        await Two.AckAsync(Bob, Talk, 1, AckStatus.Read);

        await Wait.UntilAsync(() => alice.Events.OfType<ReceiptEvent>().Any(receipt => receipt.Status is AckStatus.Read), "the receipt");
        Assert.All(alice.Events.OfType<ReceiptEvent>(), receipt => Assert.Equal((Bob.User, new SeqNo(1)), (receipt.User, receipt.SeqNo)));
    }

    [Fact]
    public async Task What_is_registered_of_a_user_under_another_type_of_key_is_registered_again()
    {
        List<Client> bobs = [await One.ConnectedAsync(World.Device("bob", "phone")), await Two.ConnectedAsync(World.Device("bob", "tablet"))];
        await Wait.UntilAsync(async () => await _redis.CommandAsync("hlen", "chat:{u:bob}:devices") == "2", "both are registered");
        await _redis.CommandAsync("set", "chat:{u:bob}:devices", "wrong");

        bobs.Add(await Three.ConnectedAsync(World.Device("bob", "desktop")));

        await Wait.UntilAsync(async () => await _redis.CommandAsync("hlen", "chat:{u:bob}:devices") == "3", "all three are registered");
        Three.Say(Talk, Alice);
        await Wait.UntilAsync(() => bobs.All(client => client.SeqNos is [1]), "the message on all three");
    }

    [Fact]
    public async Task A_user_with_devices_on_three_nodes_gets_each_message_once_on_each_in_order_and_reads_for_all()
    {
        var (alice, desktop) = (await One.ConnectedAsync(Alice), await Three.ConnectedAsync(World.Device("alice", "desktop")));
        List<Client> bobs = [];
        foreach (var node in _nodes)
            bobs.Add(await node.ConnectedAsync(World.Device("bob", $"device{bobs.Count}")));

        for (var i = 0; i < 30; i++)
            One.Say(Talk, Alice);
        var all = Enumerable.Range(1, 30).Select(number => (long)number);
        await Wait.UntilAsync(() => bobs.Append(desktop).All(client => client.SeqNos.SequenceEqual(all)), "30 messages on each device");
        await Two.AckAsync(World.Device("bob", "device1"), Talk, 30, AckStatus.Read);

        bool IsTold(Client client) => client.Events.OfType<ReceiptEvent>().Any(receipt => receipt.Status is AckStatus.Read && receipt.SeqNo.Value == 30);
        await Wait.UntilAsync(() => IsTold(alice) && IsTold(desktop) && IsTold(bobs[0]) && IsTold(bobs[2]), "read, on all devices but the one");
        Assert.Empty(alice.SeqNos);
    }

    [Fact]
    public async Task Members_of_a_group_are_pushed_to_and_told_on_all_nodes()
    {
        var group = One.Group("alice", "bob", "carol");
        await One.ConnectedAsync(Alice);
        var (bob, carol) = (await Two.ConnectedAsync(Bob), await Three.ConnectedAsync(World.Device("carol")));

        One.Say(group, Alice);
        One.Receivers.Tell([Bob.User, UserId.Parse("carol")], new TypingEvent(group, Alice.User, true));
        One.Receivers.Tell(One.Members(group), new ConversationEvent(group, ConversationChange.TitleChanged, null));

        await Wait.UntilAsync(
            () => new[] { bob, carol }.All(client => client.SeqNos is [1] && client.Count<TypingEvent>() == 1 && client.Count<ConversationEvent>() == 1),
            "message, typing and title on both");
    }

    [Fact]
    public async Task A_device_that_connects_to_another_node_replaces_its_connection()
    {
        var old = await One.ConnectedAsync(Bob);

        var young = await Two.ConnectedAsync(Bob);
        await Wait.UntilAsync(() => old.Closed.Count > 0, "the close");
        Assert.Equal([CloseReason.Replaced], old.Closed);
        Three.Say(Talk, Alice);

        await Wait.UntilAsync(() => young.SeqNos is [1], "the message");
        Assert.Empty(young.Closed);
        Assert.Empty(old.SeqNos);
    }

    [Fact]
    public async Task A_device_is_closed_and_a_member_leaves_and_joins_on_whichever_node()
    {
        var group = One.Group("alice", "bob");
        var bob = await Two.ConnectedAsync(Bob);
        One.Say(group, Alice);
        await Wait.UntilAsync(() => bob.SeqNos is [1], "the message");

        One.Leave(group, "bob");
        One.Receivers.Leave(group, Bob.User);
        One.Say(group, Alice);
        One.Join(group, "bob");
        One.Append(group, Alice);
        One.Receivers.Join(group, [Bob.User]);
        await Wait.UntilAsync(() => bob.SeqNos is [1, 3], "what was appended after the joining");
        One.Receivers.Close(Bob, CloseReason.Revoked);

        await Wait.UntilAsync(() => bob.Closed is [CloseReason.Revoked], "the close");
    }

    [Fact]
    public async Task A_large_conversation_is_hinted_at_on_other_nodes()
    {
        var group = One.Group([.. Enumerable.Range(0, 300).Select(number => $"user{number}"), "bob"]);
        var bob = await Two.ConnectedAsync(Bob);
        var appended = One.Append(group, World.Device("user1"));

        One.Receivers.TellAdvanced(group, appended.Message.SeqNo, One.Members(group));

        await Wait.UntilAsync(() => bob.Events.OfType<AdvancedEvent>().Any(hint => hint.MaxSeqNo == appended.Message.SeqNo), "the hint");
    }

    [Fact]
    public async Task When_redis_has_lost_everything_delivery_comes_back_and_nothing_is_missing()
    {
        var (bob, sent) = (await Two.ConnectedAsync(Bob), 0);
        for (var round = 0; round < 3; round++)
        {
            await _redis.CommandAsync("FLUSHALL");
            for (var i = 0; i < 20; i++, sent++)
                One.Say(Talk, Alice);
            await ReachesAsync(bob, sent);
        }

        Assert.Equal(Enumerable.Range(1, sent).Select(number => (long)number), bob.SeqNos);
        Assert.Equal(1, bob.Count<CaughtUpEvent>());
    }

    [Fact]
    public async Task What_is_appended_while_redis_is_away_comes_when_it_is_back_and_devices_still_connect()
    {
        var bob = await Two.ConnectedAsync(Bob);
        await _redis.KillAsync();
        One.Say(Talk, Alice);
        await Wait.UntilAsync(() => _nodes.TrueForAll(node => !node.Nodes.HoldsLease), "all leases are lost");
        One.Say(Talk, Alice);
        var carol = await Three.ConnectedAsync(World.Device("carol"));

        await _redis.StartAgainAsync();
        await ReachesAsync(bob, 2);
        await MeetAsync();
        One.Say(World.Direct("alice", "carol"), Alice);
        One.Say(Talk, Alice);

        await ReachesAsync(bob, 3);
        await ReachesAsync(carol, 1);
        Assert.Equal([1, 2, 3], bob.SeqNos);
        Assert.Empty(bob.Closed);
    }

    [Fact]
    public async Task What_a_node_had_appended_and_not_told_when_it_was_killed_comes_when_its_lease_has_ended()
    {
        var bob = await Two.ConnectedAsync(Bob);
        One.Append(Talk, Alice);

        await One.KillAsync();

        await ReachesAsync(bob, 1);
        Three.Say(Talk, World.Device("alice", "desktop"));
        await ReachesAsync(bob, 2);
        Assert.Equal([1, 2], bob.SeqNos);
    }

    [Fact]
    public async Task A_users_devices_are_in_redis_for_a_day_and_gone_when_they_leave()
    {
        var bob = await Two.ConnectedAsync(Bob);
        Assert.StartsWith($"{Two.Nodes.Self} ", await _redis.CommandAsync("HGET", "chat:{u:bob}:devices", "phone"), StringComparison.Ordinal);
        Assert.InRange(long.Parse(await _redis.CommandAsync("TTL", "chat:{u:bob}:devices"), System.Globalization.CultureInfo.InvariantCulture), 86_000, 86_400);

        bob.Connection.Dispose();

        await Wait.UntilAsync(async () => await _redis.CommandAsync("EXISTS", "chat:{u:bob}:devices") == "0", "the key is gone");
    }

    private static Task ReachesAsync(Client client, int messages) => Wait.UntilAsync(() => client.SeqNos.Length >= messages, $"{messages} messages");

    private Task MeetAsync() => Wait.UntilAsync(
        () => _nodes.TrueForAll(node => node.Nodes.HoldsLease && node.Nodes.Live.Count == _nodes.Count - 1), "all know one another");
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Receipts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Receipts;

public sealed class AcknowledgeTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly DeviceAddress BobsLaptop = World.Device("bob", "laptop");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { PushThreshold = 3 });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_ack_of_an_unknown_message_or_one_of_others_is_refused_alike()
    {
        var others = _world.Append(World.Direct("alice", "carol"), Alice);

        var unknown = await _world.Acknowledging.Handle(
            new AcknowledgeMessage(Bob, MessageId.New(_world.Clock.GetUtcNow()), AckStatus.Delivered), Ct);
        var foreign = await _world.Acknowledging.Handle(new AcknowledgeMessage(Bob, others.Message.Id, AckStatus.Delivered), Ct);

        Assert.Equal(ErrorCodes.NotAMember, unknown.Error?.Code);
        Assert.Equal(unknown.Error, foreign.Error);
        Assert.Equal(unknown.Error, (await _world.AckAsync(Bob, ConversationId.NewGroup(), 1)).Error);
    }

    [Fact]
    public async Task An_ack_beyond_the_head_is_refused_and_moves_nothing()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();

        var result = await _world.AckAsync(Bob, Here, 3);

        Assert.Equal(ErrorCodes.BadRequest, result.Error?.Code);
        Assert.Equal(0, await _world.CursorAsync(Bob, Here));
        Assert.Equal(ErrorCodes.BadRequest, (await _world.AckAsync(World.Device("bob", "nowhere"), Here, 3)).Error?.Code);
    }

    [Fact]
    public async Task An_ack_below_the_cursor_is_ignored()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(3, Here, Alice);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 3);

        Assert.True((await _world.AckAsync(Bob, Here, 1)).IsOk);
        Assert.True((await _world.AckAsync(Bob, Here, 0)).IsOk);

        Assert.Equal(3, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task By_id_it_acks_everything_below_too()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        var third = _world.Say(Here, Alice);
        await _world.SettleAsync();

        Assert.True((await _world.Acknowledging.Handle(new AcknowledgeMessage(Bob, third.Message.Id, AckStatus.Delivered), Ct)).IsOk);

        Assert.Equal(3, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task An_ack_of_a_device_that_follows_nothing_there_counts_up_to_the_head()
    {
        _world.Append(Here, Alice);
        _world.Append(Here, Alice);

        Assert.True((await _world.AckAsync(Bob, Here, 2)).IsOk);

        Assert.Equal(2, await _world.CursorAsync(Bob, Here));
        Assert.Empty((await _world.ConnectedAsync(Bob)).Messages);
    }

    [Fact]
    public async Task An_ack_of_what_the_connection_was_not_told_of_yet_counts_when_the_log_has_it()
    {
        await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();
        _world.Append(Here, Alice);

        Assert.True((await _world.AckAsync(Bob, Here, 2)).IsOk);

        Assert.Equal(2, await _world.CursorAsync(Bob, Here));
    }

    [Fact]
    public async Task Delivered_reaches_all_devices_of_the_sender_once_for_each_user_and_cumulative()
    {
        var phone = await _world.ConnectedAsync(Alice);
        var laptop = await _world.ConnectedAsync(World.Device("alice", "laptop"));
        await _world.ConnectedAsync(Bob);
        await _world.ConnectedAsync(BobsLaptop);
        _world.Say(3, Here, Alice);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, 2);
        await _world.SettleAsync();
        await _world.AckAsync(BobsLaptop, Here, 2);
        await GatherAsync(() => true);
        Assert.Equal([(2, "bob", AckStatus.Delivered)], Receipts(phone));
        await _world.AckAsync(BobsLaptop, Here, 3);
        await _world.AckAsync(Bob, Here, 3);
        await GatherAsync(() => Receipts(phone).Count() >= 2 && Receipts(laptop).Count() >= 2);

        foreach (var client in new[] { phone, laptop })
        {
            Assert.Equal([(2, "bob", AckStatus.Delivered), (3, "bob", AckStatus.Delivered)], Receipts(client));
            Assert.Equal(_world.Log(Here).Skip(1).Select(message => message.Id), client.Events.OfType<ReceiptEvent>().Select(receipt => receipt.Message));
        }
    }

    [Fact]
    public async Task In_a_direct_conversation_the_first_receipt_goes_at_once_and_those_close_upon_it_as_one()
    {
        var alice = await _world.ConnectedAsync(Alice);
        await _world.ConnectedAsync(Bob);
        _world.Say(5, Here, Alice);
        await _world.SettleAsync();

        for (var seqNo = 1; seqNo <= 4; seqNo++)
            await _world.AckAsync(Bob, Here, seqNo);
        await _world.SettleAsync();
        Assert.Equal([(1, "bob", AckStatus.Delivered)], Receipts(alice));

        await GatherAsync(() => Receipts(alice).Count() >= 2);
        Assert.Equal([(1, "bob", AckStatus.Delivered), (4, "bob", AckStatus.Delivered)], Receipts(alice));

        await _world.AckAsync(Bob, Here, 5);
        await _world.SettleAsync();
        Assert.Equal((5, "bob", AckStatus.Delivered), Receipts(alice).Last());
    }

    [Fact]
    public async Task Read_implies_delivered_for_that_device_and_goes_to_the_readers_other_devices_too()
    {
        var alice = await _world.ConnectedAsync(Alice);
        var phone = await _world.ConnectedAsync(Bob);
        var laptop = await _world.ConnectedAsync(BobsLaptop);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, 2, AckStatus.Read);
        await _world.SettleAsync();

        Assert.Equal([(2, "bob", AckStatus.Delivered), (2, "bob", AckStatus.Read)], Receipts(alice));
        Assert.Equal([(2, "bob", AckStatus.Read)], Receipts(laptop));
        Assert.Empty(Receipts(phone));
        Assert.Equal(2, await _world.CursorAsync(Bob, Here));
        Assert.Equal(0, await _world.CursorAsync(BobsLaptop, Here));
    }

    [Fact]
    public async Task Read_after_delivered_is_told_once()
    {
        var alice = await _world.ConnectedAsync(Alice);
        await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, Here, 2);
        await _world.AckAsync(Bob, Here, 2, AckStatus.Read);
        await _world.AckAsync(Bob, Here, 2, AckStatus.Read);
        await _world.SettleAsync();

        Assert.Equal([(2, "bob", AckStatus.Delivered), (2, "bob", AckStatus.Read)], Receipts(alice));
    }

    [Fact]
    public async Task Each_sender_gets_the_receipt_of_its_own_newest_message()
    {
        var group = _world.Group("alice", "bob", "carol");
        var (alice, carol) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(World.Device("carol")));
        await _world.ConnectedAsync(Bob);
        _world.Say(2, group, Alice);
        _world.Say(group, carol.Device);
        _world.Say(group, Bob);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, group, 4);
        await GatherAsync(() => Receipts(alice).Any() && Receipts(carol).Any());

        Assert.Equal([(2, "bob", AckStatus.Delivered)], Receipts(alice));
        Assert.Equal([(3, "bob", AckStatus.Delivered)], Receipts(carol));
    }

    [Fact]
    public async Task In_a_group_they_come_gathered_the_furthest_of_each_member()
    {
        var group = _world.Group("alice", "bob", "carol");
        var alice = await _world.ConnectedAsync(Alice);
        foreach (var member in new[] { Bob, World.Device("carol") })
            await _world.ConnectedAsync(member);
        _world.Say(5, group, Alice);
        await _world.SettleAsync();

        for (var seqNo = 1; seqNo <= 5; seqNo++)
        {
            await _world.AckAsync(Bob, group, seqNo);
            await _world.AckAsync(World.Device("carol"), group, Math.Min(seqNo, 3));
        }
        Assert.Empty(Receipts(alice));
        await GatherAsync(() => Receipts(alice).Count() >= 2);

        Assert.Equal([(5, "bob", AckStatus.Delivered), (3, "carol", AckStatus.Delivered)], Receipts(alice).OrderBy(receipt => receipt.User));
    }

    [Fact]
    public async Task Who_has_left_the_group_is_told_no_more_of_it()
    {
        var group = _world.Group("alice", "bob", "carol");
        var alice = await _world.ConnectedAsync(Alice);
        await _world.ConnectedAsync(Bob);
        _world.Say(2, group, Alice);
        _world.Say(1, group, World.Device("carol"));
        await _world.SettleAsync();
        var carol = await _world.ConnectedAsync(World.Device("carol"));
        _world.Leave(group, "alice");

        await _world.AckAsync(Bob, group, 3);
        await GatherAsync(() => Receipts(carol).Any());

        Assert.Empty(Receipts(alice));
    }

    [Fact]
    public async Task Who_leaves_the_group_while_receipts_are_gathered_is_not_told()
    {
        var group = _world.Group("alice", "bob", "carol");
        var (alice, carol) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(World.Device("carol")));
        await _world.ConnectedAsync(Bob);
        _world.Say(2, group, Alice);
        _world.Say(1, group, carol.Device);
        await _world.SettleAsync();

        await _world.AckAsync(Bob, group, 3);
        _world.Leave(group, "alice");
        await GatherAsync(() => Receipts(carol).Any());
        await GatherAsync(() => true);
        await _world.SettleAsync();

        Assert.Empty(Receipts(alice));
    }

    [Fact]
    public async Task In_a_large_conversation_nobody_is_told()
    {
        var channel = _world.Group("alice", "bob", "carol", "dave");
        var alice = await _world.ConnectedAsync(Alice);
        _world.Append(channel, Alice);

        Assert.True((await _world.AckAsync(Bob, channel, 1, AckStatus.Read)).IsOk);
        await GatherAsync(() => true);
        await _world.SettleAsync();

        Assert.Empty(Receipts(alice));
        Assert.Equal(1, await _world.CursorAsync(Bob, channel));
    }

    [Fact]
    public async Task The_table_tells_the_furthest_of_each_member_to_members_only()
    {
        var group = _world.Group("alice", "bob");
        _world.Append(group, Alice);
        _world.Append(group, Alice);
        await _world.AckAsync(Bob, group, 2);
        await _world.AckAsync(BobsLaptop, group, 1, AckStatus.Read);
        var handler = new GetReceiptsHandler(_world.CursorTable, _world.Mediator);

        var receipts = await handler.Handle(new GetReceipts(Alice, group), Ct);

        Assert.Contains(new MemberReceipt(Bob.User, new SeqNo(2), new SeqNo(1)), receipts.Value);
        Assert.Equal(ErrorCodes.NotAMember, (await handler.Handle(new GetReceipts(World.Device("carol"), group), Ct)).Error?.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task In_the_table_a_member_counts_from_where_it_joined(bool seesThePast)
    {
        var group = _world.Group("alice", "bob");
        for (var i = 0; i < 5; i++)
            _world.Append(group, Alice);
        _world.Join(group, "carol", seesThePast);
        await _world.AckAsync(World.Device("carol"), group, 3, AckStatus.Read);

        var receipts = await new GetReceiptsHandler(_world.CursorTable, _world.Mediator).Handle(new GetReceipts(Alice, group), Ct);

        Assert.Contains(new MemberReceipt(UserId.Parse("carol"), new SeqNo(5), new SeqNo(5)), receipts.Value);
    }

    [Fact]
    public async Task The_cursors_of_a_device_are_its_own_deliveries_and_its_users_reading()
    {
        _world.Append(Here, Alice);
        _world.Append(Here, Alice);
        await _world.AckAsync(Bob, Here, 1);
        await _world.AckAsync(BobsLaptop, Here, 2, AckStatus.Read);

        var cursors = await new GetCursorsHandler(_world.Store, _world.CursorTable).Handle(new GetCursors(Bob, [Here]), Ct);

        Assert.Equal(new Contracts.Cursors(new SeqNo(1), new SeqNo(2)), cursors[Here]);
    }

    public void Dispose() => _world.Dispose();

    private static IEnumerable<(long SeqNo, string User, AckStatus Status)> Receipts(Client client) =>
        client.Events.OfType<ReceiptEvent>().Select(receipt => (receipt.SeqNo.Value, receipt.User.Value, receipt.Status));

    private async Task GatherAsync(Func<bool> gathered)
    {
        await _world.GatheredReceipts.StartAsync(Ct);
        await Wait.UntilAsync(() =>
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            return gathered();
        }, "the gathered receipts");
        await _world.GatheredReceipts.StopAsync(Ct);
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Receipts;

/// <summary>Acks that pass more messages at once than are in flight.</summary>
public sealed class LongAckTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");

    private readonly World _world = new(new DeliveryOptions { PushThreshold = 3 });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_sender_gets_its_receipt_however_many_messages_are_acked_at_once()
    {
        var group = _world.Group("alice", "bob", "carol");
        var (alice, carol) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(World.Device("carol")));
        _world.Append(group, carol.Device);
        _world.Append(group, carol.Device);
        for (var i = 0; i < 600; i++)
            _world.Append(group, Alice);

        await _world.ReceiptFanOut.StartAsync(Ct);
        await _world.AckAsync(Bob, group, 602);
        await GatherAsync(() => Receipts(alice).Any() && Receipts(carol).Any());
        await _world.ReceiptFanOut.StopAsync(Ct);

        Assert.Equal([(602, "bob", AckStatus.Delivered)], Receipts(alice));
        Assert.Equal([(2, "bob", AckStatus.Delivered)], Receipts(carol));
    }

    [Fact]
    public async Task Who_has_sent_nothing_of_what_was_acked_hears_nothing()
    {
        var group = _world.Group("alice", "bob", "carol");
        var (alice, carol) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(World.Device("carol")));
        _world.Append(group, carol.Device);
        await _world.AckAsync(Bob, group, 1);
        await GatherAsync(() => Receipts(carol).Any());
        _world.Append(group, Alice);
        for (var i = 0; i < 600; i++)
            _world.Append(group, Bob);

        await _world.ReceiptFanOut.StartAsync(Ct);
        await _world.AckAsync(World.Device("bob", "laptop"), group, 602);
        await GatherAsync(() => Receipts(alice).Any());
        await _world.ReceiptFanOut.StopAsync(Ct);

        Assert.Equal([(2, "bob", AckStatus.Delivered)], Receipts(alice));
        Assert.Equal([(1, "bob", AckStatus.Delivered)], Receipts(carol));
    }

    [Fact]
    public async Task The_user_s_other_devices_are_told_of_the_message_that_was_read_below_many_changes()
    {
        var here = World.Direct("alice", "bob");
        var laptop = await _world.ConnectedAsync(World.Device("bob", "laptop"));
        var message = _world.Append(here, Alice);
        for (var i = 0; i < 100; i++)
            _world.Edit(message.Message, Alice, $"{i}");

        await _world.AckAsync(Bob, here, 101, AckStatus.Read);
        await _world.SettleAsync();

        Assert.Equal([(1, "bob", AckStatus.Read)], Receipts(laptop));
    }

    [Theory]
    [InlineData(300, 1_024, 283)] // looked through to the span's bound, in pages
    [InlineData(10_000, 1, 347)] // more wait than may: what was looked through at once
    public async Task A_sender_that_is_not_looked_for_to_the_end_gets_a_receipt_that_is_true_of_what_it_may_have_sent(int span, int searches, long seqNo)
    {
        using var world = new World(new DeliveryOptions { MaxReceiptSpan = span, MaxReceiptSearches = searches });
        var group = world.Group("alice", "bob", "carol");
        var carol = await world.ConnectedAsync(World.Device("carol"));
        world.Append(group, carol.Device);
        for (var i = 0; i < 601; i++)
            world.Append(group, Alice);

        // Fills the queue of one; the worker runs only after both.
        if (searches == 1)
            await world.AckAsync(World.Device("dave"), await FilledAsync(world, carol.Device), 300);
        await world.AckAsync(Bob, group, 602);
        await world.ReceiptFanOut.StartAsync(Ct);
        await world.GatheredReceipts.StartAsync(Ct);
        await Wait.UntilAsync(() =>
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            return Receipts(carol).Any(receipt => receipt.User == "bob");
        }, "the receipt");
        await world.ReceiptFanOut.StopAsync(Ct);

        Assert.Equal([(seqNo, "bob", AckStatus.Delivered)], Receipts(carol).Where(receipt => receipt.User == "bob"));
    }

    private static Task<ConversationId> FilledAsync(World world, DeviceAddress sender)
    {
        var other = world.Group("dave", sender.User.Value, "erin");
        for (var i = 0; i < 300; i++)
            world.Append(other, World.Device("erin"));
        return Task.FromResult(other);
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

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Cursors;

/// <summary>What every store of cursors promises.</summary>
public abstract class CursorStoreContract
{
    private static readonly DeviceAddress Phone = World.Device("bob", "phone");
    private static readonly DeviceAddress Laptop = World.Device("bob", "laptop");
    private static readonly ConversationId Here = World.Direct("alice", "bob");
    private static readonly ConversationId There = World.Direct("bob", "carol");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract ICursorStore Store { get; }

    [Fact]
    public async Task A_users_only_device_is_first_another_one_later_and_either_known_once_it_was_added()
    {
        Assert.Equal(DeviceStanding.First, await Store.GetStandingAsync(Phone, Ct));

        await Store.AddDeviceAsync(Phone, new Dictionary<ConversationId, SeqNo>(), Ct);

        Assert.Equal(DeviceStanding.Known, await Store.GetStandingAsync(Phone, Ct));
        Assert.Equal(DeviceStanding.Later, await Store.GetStandingAsync(Laptop, Ct));
        Assert.Equal(DeviceStanding.First, await Store.GetStandingAsync(World.Device("carol", "phone"), Ct));
    }

    [Fact]
    public async Task A_device_added_twice_is_as_added_once_and_its_starts_do_not_turn_it_back()
    {
        await Store.AddDeviceAsync(Phone, new Dictionary<ConversationId, SeqNo> { [Here] = new(7) }, Ct);
        await Store.AddDeviceAsync(Phone, new Dictionary<ConversationId, SeqNo> { [Here] = new(3), [There] = new(2) }, Ct);

        Assert.Equal(7, (await ReadAsync(Phone, Here)).Delivered.Value);
        Assert.Equal(2, (await ReadAsync(Phone, There)).Delivered.Value);
    }

    [Fact]
    public async Task A_device_that_is_removed_is_new_again_and_its_cursors_are_gone_but_nobody_elses()
    {
        foreach (var device in new[] { Phone, Laptop })
            await Store.AddDeviceAsync(device, new Dictionary<ConversationId, SeqNo> { [Here] = new(7) }, Ct);
        await SaveAsync((new CursorKey(Phone.User, null, Here), 7, 5));

        await Store.RemoveDeviceAsync(Phone, Ct);
        await Store.RemoveDeviceAsync(Phone, Ct);

        Assert.Equal(DeviceStanding.Later, await Store.GetStandingAsync(Phone, Ct));
        Assert.Equal(default, await ReadAsync(Phone, Here));
        Assert.Equal(7, (await ReadAsync(Laptop, Here)).Delivered.Value);
        Assert.Equal(new CursorValue(new SeqNo(7), new SeqNo(5)), await Store.ReadAsync(new CursorKey(Phone.User, null, Here), Ct));
    }

    [Fact]
    public async Task The_users_own_cursors_of_a_conversation_are_read_together()
    {
        var (bob, carol, dan) = (UserId.Parse("bob"), UserId.Parse("carol"), UserId.Parse("dan"));
        await SaveAsync((new CursorKey(bob, null, Here), 7, 5));
        await SaveAsync((new CursorKey(carol, null, Here), 3, 0));
        await SaveAsync((new CursorKey(carol, null, There), 9, 9));
        await SaveAsync((new CursorKey(dan, DeviceId.Parse("phone"), Here), 4, 0));
        await SaveAsync((new CursorKey(UserId.Parse("eve"), null, Here), 6, 6));

        var read = await Store.ReadUsersAsync(Here, [bob, carol, dan], Ct);

        Assert.Equal(
            [KeyValuePair.Create(bob, new CursorValue(new SeqNo(7), new SeqNo(5))), KeyValuePair.Create(carol, new CursorValue(new SeqNo(3), SeqNo.None))],
            read.OrderBy(cursor => cursor.Key.Value));
        Assert.Empty(await Store.ReadUsersAsync(Here, [], Ct));
    }

    [Fact]
    public async Task A_cursor_that_was_never_saved_is_zero() => Assert.Equal(default, await ReadAsync(Phone, Here));

    [Fact]
    public async Task A_cursor_never_moves_back_and_both_of_its_places_move_by_themselves()
    {
        var key = new CursorKey(Phone.User, null, Here);

        await SaveAsync((key, 9, 2));
        await SaveAsync((key, 5, 4));
        await SaveAsync((key, 0, 0));

        Assert.Equal(new CursorValue(new SeqNo(9), new SeqNo(4)), await Store.ReadAsync(key, Ct));
    }

    [Fact]
    public async Task All_cursors_of_a_device_are_its_own_and_without_a_device_they_are_the_users()
    {
        await SaveAsync(
            (new CursorKey(Phone.User, Phone.Device, Here), 1, 0), (new CursorKey(Phone.User, Phone.Device, There), 2, 0),
            (new CursorKey(Phone.User, Laptop.Device, Here), 3, 0), (new CursorKey(Phone.User, null, Here), 4, 4));

        var ofPhone = await Store.ReadAllAsync(Phone.User, Phone.Device, Ct);
        var ofUser = await Store.ReadAllAsync(Phone.User, null, Ct);

        Assert.Equal([1, 2], ofPhone.OrderBy(cursor => cursor.Value.Delivered.Value).Select(cursor => cursor.Value.Delivered.Value));
        Assert.Equal(new CursorValue(new SeqNo(4), new SeqNo(4)), Assert.Single(ofUser).Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task Cursors_are_read_of_some_conversations(int others)
    {
        await SaveAsync(
            (new CursorKey(Phone.User, Phone.Device, Here), 1, 0), (new CursorKey(Phone.User, Laptop.Device, Here), 3, 0), (new CursorKey(Phone.User, null, There), 4, 4));
        ConversationId[] asked = [Here, There, .. Enumerable.Range(0, others).Select(n => World.Direct("bob", $"user{n}"))];

        var ofPhone = await Store.ReadAsync(Phone.User, Phone.Device, asked, Ct);
        var ofUser = await Store.ReadAsync(Phone.User, null, asked, Ct);

        Assert.Equal((Here, new SeqNo(1)), (Assert.Single(ofPhone).Key, ofPhone[Here].Delivered));
        Assert.Equal((There, new CursorValue(new SeqNo(4), new SeqNo(4))), (Assert.Single(ofUser).Key, ofUser[There]));
        Assert.Empty(await Store.ReadAsync(Phone.User, Phone.Device, [], Ct));
    }

    [Fact]
    public async Task Where_a_device_has_everything_is_kept_while_it_is_known()
    {
        var position = new FeedPosition("epoch", 1L << 60);
        await Store.SaveDrainedAsync(Phone, position, Ct);
        Assert.Null(await Store.ReadDrainedAsync(Phone, Ct));

        await Store.AddDeviceAsync(Phone, new Dictionary<ConversationId, SeqNo>(), Ct);
        await Store.SaveDrainedAsync(Phone, position, Ct);
        await Store.SaveDrainedAsync(Phone, position with { Value = position.Value + 1 }, Ct);

        Assert.Equal(position with { Value = position.Value + 1 }, await Store.ReadDrainedAsync(Phone, Ct));
        Assert.Null(await Store.ReadDrainedAsync(Laptop, Ct));
        await Store.RemoveDeviceAsync(Phone, Ct);
        Assert.Null(await Store.ReadDrainedAsync(Phone, Ct));
        await Store.AddDeviceAsync(Phone, new Dictionary<ConversationId, SeqNo>(), Ct);
        Assert.Null(await Store.ReadDrainedAsync(Phone, Ct));
    }

    [Fact]
    public async Task Saves_that_run_at_once_leave_the_furthest_place()
    {
        var key = new CursorKey(Phone.User, Phone.Device, Here);

        await Task.WhenAll(Enumerable.Range(1, 64).Reverse().Select(place => Task.Run(() => SaveAsync((key, place, 0)), Ct)));

        Assert.Equal(64, (await Store.ReadAsync(key, Ct)).Delivered.Value);
    }

    private ValueTask<CursorValue> ReadAsync(DeviceAddress device, ConversationId conversation) =>
        Store.ReadAsync(new CursorKey(device.User, device.Device, conversation), Ct);

    private async Task SaveAsync(params (CursorKey Key, long Delivered, long Read)[] cursors) => await Store.SaveAsync(
        [.. cursors.Select(cursor => KeyValuePair.Create(cursor.Key, new CursorValue(new SeqNo(cursor.Delivered), new SeqNo(cursor.Read))))], Ct);
}

public sealed class InMemoryCursorStoreTests : CursorStoreContract
{
    private protected override ICursorStore Store { get; } = new InMemoryCursorStore();
}

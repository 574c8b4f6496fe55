using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Notifications;

// What a user has cleared.
public sealed partial class NotificationTests
{
    [Fact]
    public async Task What_the_user_has_cleared_is_withdrawn_from_all_devices_and_never_told()
    {
        Push.Stores.Subscribe(Phone);
        Push.Stores.Subscribe(Laptop);
        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        Say("again");

        _world.Cleared[(Phone.User, Talk)] = new SeqNo(2);
        await new WithdrawOnOwnSettingsChanged(Push.Withdrawals).Handle(
            new OwnSettingsChanged(Phone.User, Talk, new OwnSettingsChange(MutedUntil: null) { ClearedUpTo = new SeqNo(2) }), Ct);
        await PassAsync(Push.Times.FirstLook);

        Assert.Equal([Laptop, Phone], Taken.Skip(2).Where(one => one.What.IsWithdrawal).Select(one => one.To.Device).Order(Comparer<DeviceAddress>.Create((one, other) => string.CompareOrdinal(one.Device.Value, other.Device.Value))));
        Assert.Equal(4, Taken.Count);
    }

    [Fact]
    public async Task What_the_user_has_cleared_is_withdrawn_although_it_is_read_on_a_device_right_after_or_before()
    {
        Push.Stores.Subscribe(Phone);
        Push.Stores.Subscribe(Laptop);
        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        _world.Cleared[(Phone.User, Talk)] = new SeqNo(1);

        Push.Withdrawals.Read(Phone, Talk, new SeqNo(1));
        Push.Withdrawals.Cleared(Phone.User, Talk, new SeqNo(1));
        Push.Withdrawals.Read(Laptop, Talk, new SeqNo(1));
        await PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(
            [Laptop.Device.Value, Phone.Device.Value],
            Taken.Where(one => one.What.IsWithdrawal).Select(one => one.To.Device.Device.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_cleared_right_before_the_server_died_is_withdrawn_by_the_next()
    {
        Push.Stores.Subscribe(Phone);
        Say("hello");
        await PassAsync(Push.Times.FirstLook);

        using var next = new World(beside: _world);
        await next.Push.Withdrawals.FindLostAsync(Ct);
        Assert.False(await next.Push.SendDueAsync(Ct));
        next.Cleared[(Phone.User, Talk)] = new SeqNo(1);
        for (var start = 0; start < 2; start++)
        {
            await next.Push.Withdrawals.FindLostAsync(Ct);
            while (await next.Push.SendDueAsync(Ct))
            {
            }
        }

        Assert.Equal([Phone], Taken.Where(one => one.What.IsWithdrawal).Select(one => one.To.Device));
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class ReceiversTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly DeviceAddress Laptop = World.Device("bob", "laptop");

    private readonly World _world = new();

    [Fact]
    public async Task All_devices_of_the_users_are_told_and_nobody_else()
    {
        var (alice, bob, laptop) = (await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(Laptop));

        _world.Receivers.Tell([Bob.User, UserId.Parse("carol")], new News());
        await _world.SettleAsync();

        Assert.Equal((0, 1, 1), (alice.Count<News>(), bob.Count<News>(), laptop.Count<News>()));
    }

    [Fact]
    public async Task The_other_devices_of_a_user_are_told_without_the_one()
    {
        var (bob, laptop) = (await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(Laptop));

        _world.Receivers.TellOtherDevices(Bob, new News());
        await _world.SettleAsync();

        Assert.Equal((0, 1), (bob.Count<News>(), laptop.Count<News>()));
    }

    [Fact]
    public async Task What_is_for_a_connection_is_not_told_to_the_one_that_replaced_it()
    {
        var old = await _world.ConnectedAsync(Bob);
        var subscriber = new Subscriber(Bob, old.Connection.Id);
        var young = await _world.ConnectedAsync(Bob);

        _world.Receivers.Tell([subscriber, new Subscriber(Bob, young.Connection.Id)], new News());
        await _world.SettleAsync();

        Assert.Equal((0, 1), (old.Count<News>(), young.Count<News>()));
    }

    [Fact]
    public async Task Who_is_connected_is_known()
    {
        await _world.ConnectedAsync(Bob);
        Assert.Equal((true, false), (_world.Receivers.IsConnected(Bob.User), _world.Receivers.HasOtherDevices(Bob)));

        await _world.ConnectedAsync(Laptop);
        Assert.Equal((true, false), (_world.Receivers.HasOtherDevices(Bob), _world.Receivers.IsConnected(Alice.User)));
    }

    [Fact]
    public async Task Only_the_named_device_is_closed_and_an_absent_one_is_ignored()
    {
        var (bob, laptop) = (await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(Laptop));

        _world.Receivers.Close(Laptop, CloseReason.Revoked);
        _world.Receivers.Close(Alice, CloseReason.Revoked);

        Assert.Empty(bob.Closed);
        Assert.Equal([CloseReason.Revoked], laptop.Closed);
    }

    public void Dispose() => _world.Dispose();
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Subscriptions;

namespace Chat.Modules.Delivery.Tests.Notifications.Subscriptions;

/// <summary>What every store of subscriptions promises.</summary>
public abstract class SubscriptionStoreContract
{
    private const int MaxPerUser = 3;

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DeviceAddress Phone = World.Device("bob", "phone");
    private static readonly DeviceAddress Laptop = World.Device("bob", "laptop");

    private int _minutes;

    private protected abstract ISubscriptionStore Store { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscription_is_found_as_it_was_put()
    {
        var put = Subscription(Phone, "https://push.example/1") with
        {
            P256dh = "key", Auth = "secret", Content = PushContent.Full,
        };
        var apns = Subscription(Laptop, "aabbcc", PushKind.Apns) with { Topic = "org.example.chat", Sandbox = true };

        await Store.PutAsync(put, MaxPerUser, Ct);
        await Store.PutAsync(apns, MaxPerUser, Ct);

        Assert.Equal(put, await Store.FindAsync(Phone, Ct));
        Assert.Equal(apns, await Store.FindAsync(Laptop, Ct));
        Assert.Null(await Store.FindAsync(World.Device("bob", "tablet"), Ct));
    }

    [Fact]
    public async Task The_subscriptions_of_several_users_are_read_at_once()
    {
        PushSubscription[] put =
            [Subscription(Phone, "a"), Subscription(Laptop, "b"), Subscription(World.Device("carol"), "c"), Subscription(World.Device("dave"), "d")];
        foreach (var one in put)
            await Store.PutAsync(one, MaxPerUser, Ct);

        var found = await Store.ReadAsync([UserId.Parse("bob"), UserId.Parse("carol"), UserId.Parse("erin")], Ct);

        Assert.Equal(put[..3].Select(one => one.Id).Order(), found.Select(one => one.Id).Order());
    }

    [Fact]
    public async Task A_device_has_the_subscription_that_it_put_last()
    {
        await Store.PutAsync(Subscription(Phone, "old"), MaxPerUser, Ct);
        var renewed = Subscription(Phone, "new", PushKind.Fcm);

        await Store.PutAsync(renewed, MaxPerUser, Ct);

        Assert.Equal(renewed, await Store.FindAsync(Phone, Ct));
        Assert.Equal([renewed], await Store.ReadAsync([Phone.User], Ct));
    }

    [Fact]
    public async Task An_address_that_another_device_puts_ends_the_subscription_of_the_first()
    {
        var carols = World.Device("carol");
        await Store.PutAsync(Subscription(Phone, "same"), MaxPerUser, Ct);

        var ended = await Store.PutAsync(Subscription(carols, "same"), MaxPerUser, Ct);

        Assert.Equal([Phone.User], ended);
        Assert.Null(await Store.FindAsync(Phone, Ct));
        Assert.NotNull(await Store.FindAsync(carols, Ct));
    }

    [Fact]
    public async Task Equal_addresses_of_different_platforms_are_different()
    {
        await Store.PutAsync(Subscription(Phone, "same", PushKind.Fcm), MaxPerUser, Ct);

        await Store.PutAsync(Subscription(Laptop, "same", PushKind.Apns), MaxPerUser, Ct);

        Assert.NotNull(await Store.FindAsync(Phone, Ct));
    }

    [Fact]
    public async Task A_user_has_the_newest_subscriptions_up_to_the_limit()
    {
        var devices = Enumerable.Range(0, MaxPerUser + 2).Select(n => World.Device("bob", $"d{n}")).ToList();

        foreach (var device in devices)
            await Store.PutAsync(Subscription(device, $"address of {device}"), MaxPerUser, Ct);

        var found = await Store.ReadAsync([Phone.User], Ct);
        Assert.Equal(devices[2..].Order(Comparer<DeviceAddress>.Create(Compare)), found.Select(one => one.Device).Order(Comparer<DeviceAddress>.Create(Compare)));
    }

    [Fact]
    public async Task A_removed_subscription_is_gone()
    {
        await Store.PutAsync(Subscription(Phone, "a"), MaxPerUser, Ct);
        await Store.PutAsync(Subscription(Laptop, "b"), MaxPerUser, Ct);

        Assert.True(await Store.RemoveAsync(Phone, null, Ct));

        Assert.False(await Store.RemoveAsync(Phone, null, Ct));
        Assert.Null(await Store.FindAsync(Phone, Ct));
        Assert.NotNull(await Store.FindAsync(Laptop, Ct));
    }

    [Fact]
    public async Task What_a_platform_says_of_an_earlier_subscription_does_not_end_a_later_one()
    {
        var earlier = Subscription(Phone, "a");
        await Store.PutAsync(earlier, MaxPerUser, Ct);
        var later = Subscription(Phone, "a");
        await Store.PutAsync(later, MaxPerUser, Ct);

        Assert.False(await Store.RemoveAsync(Phone, earlier.Id, Ct));
        Assert.NotNull(await Store.FindAsync(Phone, Ct));

        Assert.True(await Store.RemoveAsync(Phone, later.Id, Ct));
        Assert.Null(await Store.FindAsync(Phone, Ct));
    }

    [Fact]
    public async Task A_subscription_can_be_put_again_after_it_was_removed()
    {
        await Store.PutAsync(Subscription(Phone, "a"), MaxPerUser, Ct);
        await Store.RemoveAsync(Phone, null, Ct);

        await Store.PutAsync(Subscription(Phone, "a"), MaxPerUser, Ct);

        Assert.NotNull(await Store.FindAsync(Phone, Ct));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_whose_clock_is_behind_puts_and_removes_as_any_other(bool removed)
    {
        var later = Subscription(Phone, "a");
        await Store.PutAsync(later, MaxPerUser, Ct);
        if (removed)
            await Store.RemoveAsync(Phone, null, Ct);
        var put = Subscription(Phone, "b") with { CreatedAt = later.CreatedAt.AddMinutes(-10) };

        await Store.PutAsync(put, MaxPerUser, Ct);

        Assert.Equal(put, await Store.FindAsync(Phone, Ct));
        Assert.True(await Store.RemoveAsync(Phone, put.Id, Ct));
        Assert.Null(await Store.FindAsync(Phone, Ct));
        Assert.Empty(await Store.ReadAsync([Phone.User], Ct));
    }

    // What two servers do, in every order of their steps.
    [Fact]
    public async Task A_device_that_is_revoked_on_one_server_while_it_subscribes_on_another_ends_without_a_subscription()
    {
        const int Steps = 6;
        for (var order = 0; order < 1 << Steps; order++)
        {
            var race = new RevocationRace(Store, World.Device($"user{order}"));
            for (var step = 0; step < Steps; step++)
                await race.StepAsync(isRevocation: (order >> step & 1) == 1);
            await race.FinishAsync();

            Assert.Null(await Store.FindAsync(race.Device, Ct));
            Assert.Empty(await Store.ReadAsync([race.Device.User], Ct));
        }
    }

    private PushSubscription Subscription(DeviceAddress device, string address, PushKind kind = PushKind.WebPush)
    {
        var at = Start.AddMinutes(_minutes++);
        return new PushSubscription(device, kind, address, null, null, null, false, PushContent.None, at, Guid.CreateVersion7(at));
    }

    private static int Compare(DeviceAddress a, DeviceAddress b) => string.CompareOrdinal(a.ToString(), b.ToString());
}

using Chat.BuildingBlocks.Errors;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Identity.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>A subscription is sent to only while its device is its user's.</summary>
public sealed partial class NotificationTests
{
    [Fact]
    public async Task A_subscription_of_a_revoked_device_that_a_dying_store_left_is_not_sent_to_and_ends()
    {
        var mediator = new FakeMediator().Answer<GetDevices, IReadOnlyList<Device>>(_ => throw new StoreUnavailableException("Dies."));
        var putting = new PutSubscriptionHandler(Push.Subscriptions, [Push.Platform], mediator, _world.Clock);
        Push.Stores.Step = () => throw new StoreUnavailableException("Dies.");
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => putting.Handle(new PutSubscription(Phone, PushKind.WebPush, "https://push.example/1", null, null, null, false, PushContent.Full), Ct));
        Push.Stores.Step = () => { };
        Push.Stores.Subscribe(Laptop);
        _world.Revoked.Add(Phone);

        Say("hello");
        await PassAsync(Push.Times.FirstLook);

        Assert.Equal(Laptop, Assert.Single(Taken).To.Device);
        Assert.Equal([Laptop], Push.Stores.Subscriptions.Select(subscription => subscription.Device));
    }

    [Fact]
    public async Task Whether_a_device_is_its_user_s_is_asked_once_for_each_subscription()
    {
        Push.Stores.Subscribe(Phone);
        for (var n = 0; n < 5; n++)
        {
            Say("hello");
            await PassAsync(Push.Times.FirstLook);
        }
        Assert.Equal((5, 1), (Taken.Count, _world.DevicesAsked));

        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        Push.Stores.Subscribe(Phone);
        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal((6, 2), (Taken.Count, _world.DevicesAsked));
    }
}

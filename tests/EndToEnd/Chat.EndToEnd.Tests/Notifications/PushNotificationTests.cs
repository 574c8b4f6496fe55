using System.Globalization;
using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Notifications;

/// <summary>From a message to the platform, and what ends a notification.</summary>
public sealed class PushNotificationTests
{
    private static int Messages =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_PUSH_MESSAGES"), CultureInfo.InvariantCulture, out var messages) ? messages : 500;

    [Fact]
    public async Task An_absent_device_is_told_once_a_conversation_and_the_notification_goes_when_it_is_read_elsewhere()
    {
        await using var world = await PushWorld.StartAsync();
        var (alice, carol, phone) = (await RegisterAsync(world, "alice"), await RegisterAsync(world, "carol"), await RegisterAsync(world, "bob"));
        var laptop = await phone.LogInAsync("laptop");
        var address = await world.SubscribeAsync(phone, "full");
        var (first, second) = (alice.DirectTo(phone), carol.DirectTo(phone));

        await alice.Rest.SendMessageAsync(first, "hello", "1");
        await Until.TrueAsync(() => world.Told(address, first).Count == 1, "the first notification", () => world.Server.Output);
        await carol.Rest.SendMessageAsync(second, "hi", "1");
        await Until.TrueAsync(() => world.Told(address, second).Count == 1, "the second notification", () => world.Server.Output);

        var told = world.Told(address, first)[0];
        Assert.Equal((alice.UserId, "hello", "1", "1", "1"), (told["title"], told["body"], told["seqNo"], told["unread"], told["badge"]));
        Assert.Equal("2", world.Told(address, second)[0]["badge"]);
        Assert.NotEqual(told.Headers["collapse_key"], world.Told(address, second)[0].Headers["collapse_key"]);

        await using var reader = await laptop.ConnectCaughtUpAsync();
        await reader.AckAsync(first, 1, "read");
        await Until.TrueAsync(() => world.Told(address, first).Count == 2, "the withdrawal", () => world.Server.Output);

        var withdrawn = world.Told(address, first)[1];
        Assert.Equal(("0", null, null, "1"), (withdrawn["unread"], withdrawn["title"], withdrawn["body"], withdrawn["badge"]));
        Assert.Equal(told.Headers["collapse_key"], withdrawn.Headers["collapse_key"]);
        Assert.Empty(world.Fcm.Refused);
    }

    [Fact]
    public async Task A_device_that_acks_in_time_is_never_told_and_one_that_does_not_is()
    {
        // In the default's three seconds a busy machine may not read and ack what eight senders write.
        await using var world = await PushWorld.StartAsync(("Push__After", "00:00:12"), ("Delivery__ResendAfterMs", "12000"));
        var (alice, bob, carol) = (await RegisterAsync(world, "alice"), await RegisterAsync(world, "bob"), await RegisterAsync(world, "carol"));
        var (bobs, carols) = (await world.SubscribeAsync(bob), await world.SubscribeAsync(carol));
        var conversation = alice.DirectTo(bob);
        await using var sender = await alice.ConnectCaughtUpAsync();
        await using var acking = await bob.ConnectCaughtUpAsync();
        await using var silent = await carol.ConnectCaughtUpAsync();

        var received = acking.ReceiveUpToAsync(conversation, Messages, ackEvery: 10);
        await Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, _) =>
            await sender.SendTextAsync(conversation, "hello", $"m{n}"));
        await sender.SendTextAsync(alice.DirectTo(carol), "hello", "last");
        await received;

        // Sent after all others: when its time has passed, that of the others has.
        await Until.TrueAsync(() => world.Told(carols, alice.DirectTo(carol)).Count == 1, "carol's notification", () => world.Server.Output);
        Assert.Empty(world.Told(bobs, conversation));
    }

    [Fact]
    public async Task Signing_out_ends_the_subscription_and_a_platform_that_knows_the_device_no_more_does()
    {
        await using var world = await PushWorld.StartAsync();
        var (alice, bob, carol) = (await RegisterAsync(world, "alice"), await RegisterAsync(world, "bob"), await RegisterAsync(world, "carol"));
        var (bobs, carols) = (await world.SubscribeAsync(bob), await world.SubscribeAsync(carol));
        world.Fcm.Remove(carols);
        (await new RestClient(world.Server.Address).PostAsync("/v1/auth/logout", new { refreshToken = bob.RefreshToken })).Expect(HttpStatusCode.NoContent);

        await alice.Rest.SendMessageAsync(alice.DirectTo(bob), "hello", "1");
        await alice.Rest.SendMessageAsync(alice.DirectTo(carol), "hello", "2");
        await Until.TrueAsync(() => world.Server.Output.Contains("address of", StringComparison.Ordinal), "the end of carol's subscription", () => world.Server.Output);
        var requests = world.Fcm.Requests;
        await world.SubscribeAsync(alice);
        await carol.Rest.SendMessageAsync(alice.DirectTo(carol), "hello", "3");
        await alice.Rest.SendMessageAsync(alice.DirectTo(carol), "hello", "4");
        await Until.TrueAsync(() => world.Fcm.Received.Count == 1, "alice's notification", () => world.Server.Output);

        Assert.Equal(requests + 1, world.Fcm.Requests);
        Assert.Empty(world.Told(bobs, alice.DirectTo(bob)));
    }

    private static Task<Account> RegisterAsync(PushWorld world, string name) => Account.RegisterAsync(world.Server, Account.UniqueId(name));
}

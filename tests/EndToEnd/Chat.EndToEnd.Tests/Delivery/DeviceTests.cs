using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>A user has many devices; a device has one connection.</summary>
public sealed class DeviceTests(SharedServer shared)
{
    [Fact]
    public async Task A_new_connection_of_a_device_replaces_the_old_one()
    {
        var user = await shared.NewUserAsync("replaced");
        await using var first = await user.ConnectCaughtUpAsync();

        await using var second = await user.ConnectCaughtUpAsync();

        await first.ExpectCloseAsync(4000);
        await second.PingAsync();
    }

    [Fact]
    public async Task A_connection_replaces_the_old_one_through_the_other_transport_too()
    {
        var user = await shared.NewUserAsync("replaced");
        await using var wire = await user.ConnectCaughtUpAsync();

        await using var hub = await HubClient.ConnectAsync(user);
        await wire.ExpectCloseAsync(4000);

        await using var wireAgain = await user.ConnectCaughtUpAsync();
        var error = await hub.Closed.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        Assert.Contains("error: replaced: ", error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_senders_other_devices_get_its_messages_and_the_sending_one_its_ack()
    {
        var phone = await shared.NewUserAsync("sender");
        var desktop = await phone.LogInAsync("desktop");
        await using var sending = await phone.ConnectCaughtUpAsync();
        await using var other = await desktop.ConnectCaughtUpAsync();

        var ack = await sending.SendTextAsync("@bob", "hello", "mine");

        Assert.Equal("sent", ack.Text("status"));
        var message = await other.ExpectAsync("message");
        Assert.Equal("mine", message.Text("clientMsgId"));
        Assert.Equal(ack.Text("messageId"), message.Text("messageId"));
        Assert.Equal(ack.Number("seqNo"), message.Number("seqNo"));
        Assert.Equal(ack.Number("timestamp"), message.Number("timestamp"));
        await sending.PingAsync();
        Assert.DoesNotContain(sending.Received.All, f => f.Type == "message");
    }

    [Fact]
    public async Task Others_do_not_see_the_clientMsgId()
    {
        var alice = await shared.NewUserAsync("alice");
        var bob = await shared.NewUserAsync("bob");
        await using var receiving = await bob.ConnectCaughtUpAsync();

        (await alice.Rest.SendMessageAsync(alice.DirectTo(bob), "hello", "private")).Expect(HttpStatusCode.Created);

        var message = await receiving.ExpectAsync("message");
        Assert.Null(message.TextOrNull("clientMsgId"));
        Assert.Equal(alice.UserId, message.Text("senderId"));
        Assert.Equal("hello", message.Text("text"));
        Assert.DoesNotContain(await bob.Rest.ReadLogAsync(alice.DirectTo(bob)), m => m.TextOrNull("clientMsgId") is not null);
    }

    [Fact]
    public async Task Every_device_gets_the_messages_and_keeps_its_own_cursor()
    {
        var alice = await shared.NewUserAsync("alice");
        var phone = await shared.NewUserAsync("bob");
        var desktop = await phone.LogInAsync("desktop");
        var conversation = alice.DirectTo(phone);
        await using (var both = await desktop.ConnectCaughtUpAsync())
        await using (var acking = await phone.ConnectCaughtUpAsync())
        {
            (await alice.Rest.SendMessageAsync(conversation, "hello", "1")).Expect(HttpStatusCode.Created);
            await both.ExpectAsync("message");
            await acking.ReceiveUpToAsync(conversation, 1);
            await acking.PingAsync();
        }

        await using var phoneAgain = await phone.ConnectCaughtUpAsync();
        await using var desktopAgain = await desktop.ConnectCaughtUpAsync();

        Assert.DoesNotContain(phoneAgain.Received.All, f => f.Type == "message");
        Assert.Contains(desktopAgain.Received.All, f => f.Type == "message");
    }

    [Fact]
    public async Task A_users_first_device_gets_what_waits_and_a_later_one_begins_at_the_head()
    {
        var alice = await shared.NewUserAsync("alice");
        var phone = await shared.NewUserAsync("bob");
        var conversation = alice.DirectTo(phone);
        for (var i = 1; i <= 3; i++)
            (await alice.Rest.SendMessageAsync(conversation, $"{i}", $"{i}")).Expect(HttpStatusCode.Created);

        await using var first = await phone.ConnectCaughtUpAsync();
        await using var later = await (await phone.LogInAsync("desktop")).ConnectCaughtUpAsync();

        Assert.Equal(["1", "2", "3"], first.Received.All.Where(f => f.Type == "message").Select(m => m.Text("text")));
        Assert.DoesNotContain(later.Received.All, f => f.Type == "message");
        var page = await later.SyncAsync(new { conversationId = conversation, after = 0, limit = 10 });
        Assert.Equal(["1", "2", "3"], page.Items("messages").Select(m => m.Text("text")));
        (await alice.Rest.SendMessageAsync(conversation, "4", "4")).Expect(HttpStatusCode.Created);
        Assert.Equal("4", (await later.ExpectAsync("message")).Text("text"));
    }

    [Fact]
    public async Task Commands_under_way_on_a_replaced_connection_still_finish()
    {
        var user = await shared.NewUserAsync("replaced");
        var conversation = Account.Direct(user.UserId, "bob");
        await using var first = await user.ConnectCaughtUpAsync();
        for (var i = 0; i < 50; i++)
            await first.SendAsync("message", new { to = conversation, text = $"{i}", clientMsgId = $"{i}" });

        await using var second = await user.ConnectAsync();
        await first.ExpectCloseAsync(4000);

        // What was acked is stored, and what was stored is all that came before.
        var acked = first.Received.All.Where(f => f.Type == "ack").Select(f => f.Text("messageId")).ToList();
        var log = await user.Rest.ReadLogAsync(conversation);
        Assert.Empty(acked.Except(log.Select(m => m.Text("messageId"))));
        Assert.Equal(Enumerable.Range(0, log.Count).Select(i => $"{i}"), log.Select(m => m.Text("text")));
    }
}

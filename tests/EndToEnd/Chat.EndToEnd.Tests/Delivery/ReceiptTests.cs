using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>The sender learns, once for each recipient, that its messages were delivered and read.</summary>
public sealed class ReceiptTests(SharedServer shared)
{
    [Fact]
    public async Task Delivered_and_read_reach_all_connected_devices_of_the_sender()
    {
        var (alice, bob, conversation) = await PairAsync();
        await using var phone = await alice.ConnectCaughtUpAsync();
        await using var desktop = await (await alice.LogInAsync("desktop")).ConnectCaughtUpAsync();
        await using var receiving = await bob.ConnectCaughtUpAsync();
        var sent = await phone.SendTextAsync(conversation, "hello", "1");
        await receiving.ExpectAsync("message");

        foreach (var status in new[] { "delivered", "read" })
        {
            await receiving.AckAsync(conversation, sent.Number("seqNo"), status);

            foreach (var device in new[] { phone, desktop })
            {
                var receipt = await device.ExpectAsync("ack", a => a.Is("status", status));
                Assert.Equal(bob.UserId, receipt.Text("userId"));
                Assert.Equal(conversation, receipt.Text("conversationId"));
                Assert.Equal(sent.Text("messageId"), receipt.Text("messageId"));
                Assert.Equal(sent.Number("seqNo"), receipt.Number("seqNo"));
            }
        }
    }

    [Fact]
    public async Task Delivered_comes_once_for_a_recipient_with_the_first_of_its_devices()
    {
        var (alice, bob, conversation) = await PairAsync();
        await using var sending = await alice.ConnectCaughtUpAsync();
        await using var phone = await bob.ConnectCaughtUpAsync();
        await using var desktop = await (await bob.LogInAsync("desktop")).ConnectCaughtUpAsync();
        await sending.SendTextAsync(conversation, "one", "1");

        await phone.ReceiveUpToAsync(conversation, 1);
        await sending.ExpectAsync("ack", a => a.Is("status", "delivered"));
        await desktop.ReceiveUpToAsync(conversation, 1);
        await desktop.PingAsync();

        // One that was gathered would be passed over by this message's: AcknowledgeTests looks closer.
        await sending.SendTextAsync(conversation, "two", "2");
        await desktop.ReceiveUpToAsync(conversation, 2);
        await sending.ExpectAsync("ack", a => a.Is("status", "delivered") && a.Number("seqNo") == 2);
        Assert.Single(sending.Received.All, f => f.Is("status", "delivered") && f.Number("seqNo") == 1);
    }

    [Fact]
    public async Task A_read_goes_to_the_readers_other_devices_and_implies_delivered()
    {
        var (alice, bob, conversation) = await PairAsync();
        (await alice.Rest.SendMessageAsync(conversation, "hello", "1")).Expect(HttpStatusCode.Created);
        await using (var phone = await bob.ConnectCaughtUpAsync())
        await using (var desktop = await (await bob.LogInAsync("desktop")).ConnectCaughtUpAsync())
        {
            await phone.AckAsync(conversation, 1, "read");

            var read = await desktop.ExpectAsync("ack");
            Assert.Equal("read", read.Text("status"));
            Assert.Equal(bob.UserId, read.Text("userId"));
            Assert.Equal(1, read.Number("seqNo"));
        }

        Assert.Equal((1, 1), await PlaceAsync(alice, conversation, bob));
        await using var again = await bob.ConnectCaughtUpAsync();
        Assert.DoesNotContain(again.Received.All, f => f.Type == "message");
    }

    [Fact]
    public async Task In_a_group_each_recipient_has_its_own_receipts()
    {
        var alice = await shared.NewUserAsync("alice");
        var recipients = new[] { await shared.NewUserAsync("bob"), await shared.NewUserAsync("carol"), await shared.NewUserAsync("dave") };
        var group = await alice.CreateGroupAsync("Receipts", recipients);
        await using var sending = await alice.ConnectCaughtUpAsync();
        // They stand above the notice that the group was created.
        for (var i = 1; i <= 5; i++)
            Assert.Equal(i + 1, (await sending.SendTextAsync(group, $"{i}", $"{i}")).Number("seqNo"));

        foreach (var recipient in recipients)
        {
            await using var receiving = await recipient.ConnectCaughtUpAsync();
            await receiving.ReceiveUpToAsync(group, 6);
            await receiving.AckAsync(group, 4, "read");
            await sending.ExpectAsync("ack", a => a.Is("status", "delivered") && a.Is("userId", recipient.UserId) && a.Number("seqNo") == 6);
            await sending.ExpectAsync("ack", a => a.Is("status", "read") && a.Is("userId", recipient.UserId) && a.Number("seqNo") == 4);
        }

        foreach (var recipient in recipients)
            Assert.Equal((6, 4), await PlaceAsync(alice, group, recipient));
    }

    [Fact]
    public async Task Unread_counts_the_messages_of_others_above_the_read_cursor()
    {
        var (alice, bob, conversation) = await PairAsync();
        for (var i = 1; i <= 4; i++)
            (await alice.Rest.SendMessageAsync(conversation, $"{i}", $"{i}")).Expect(HttpStatusCode.Created);
        (await bob.Rest.SendMessageAsync(conversation, "mine", "mine")).Expect(HttpStatusCode.Created);
        await using var reading = await bob.ConnectCaughtUpAsync();

        await reading.AckAsync(conversation, 1, "read");
        await reading.PingAsync();

        var list = (await bob.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK);
        var entry = Assert.Single(list.Items("conversations"));
        Assert.Equal(conversation, entry.Text("conversationId"));
        Assert.Equal(3, entry.Number("unreadCount"));
        Assert.Equal(1, entry.Number("readSeqNo"));
        Assert.Equal(5, entry.Number("maxSeqNo"));
        Assert.Equal("mine", entry.GetProperty("lastMessage").Text("text"));
        Assert.NotEqual("", list.Text("epoch"));
    }

    private static async Task<(long Delivered, long Read)> PlaceAsync(Account reader, string conversation, Account member)
    {
        var table = (await reader.Rest.GetAsync($"/v1/conversations/{conversation}/receipts")).Expect(HttpStatusCode.OK);
        JsonElement row = table.Items("members").Single(m => m.Text("userId") == member.UserId);
        return (row.Number("deliveredSeqNo"), row.Number("readSeqNo"));
    }

    private async Task<(Account Alice, Account Bob, string Conversation)> PairAsync()
    {
        var alice = await shared.NewUserAsync("alice");
        var bob = await shared.NewUserAsync("bob");
        return (alice, bob, alice.DirectTo(bob));
    }
}

using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>What is not acked comes again; what is acked does not; and no more than a window of it is under way.</summary>
public sealed class AckTests(SharedServer shared)
{
    private const int Window = 256;

    [Fact]
    public async Task A_message_without_ack_comes_again_on_the_live_connection()
    {
        var (alice, bob, conversation) = await PairAsync();
        await using var receiving = await bob.ConnectCaughtUpAsync();

        (await alice.Rest.SendMessageAsync(conversation, "hello", "1")).Expect(HttpStatusCode.Created);

        var first = await receiving.ExpectAsync("message");
        var again = await receiving.ExpectAsync("message");
        Assert.Equal(first.Text("messageId"), again.Text("messageId"));
    }

    [Fact]
    public async Task A_full_window_pauses_the_pushing_and_acks_let_it_go_on()
    {
        const int waiting = 300;
        var (alice, bob, conversation) = await PairAsync();
        await SendAsync(alice, conversation, waiting);
        await using var receiving = await bob.ConnectAsync();

        await Until.TrueAsync(() => Seen(receiving).Count == Window, "the window is full");
        await receiving.PingAsync();
        Assert.Equal(Enumerable.Range(1, Window).Select(i => (long)i), Seen(receiving));
        Assert.DoesNotContain(receiving.Received.All, f => f.Type == "caughtUp");

        await receiving.AckAsync(conversation, 10);
        await Until.TrueAsync(() => Seen(receiving).Count == Window + 10, "the acked ones have made room");
        await receiving.PingAsync();
        Assert.Equal(Window + 10, Seen(receiving).Count);

        await receiving.AckAsync(conversation, Window + 10);
        await receiving.ExpectAsync("caughtUp");
        Assert.Equal(Enumerable.Range(1, waiting).Select(i => (long)i), Seen(receiving));
    }

    [Fact]
    public async Task An_ack_by_messageId_acks_everything_below_it()
    {
        var (alice, bob, conversation) = await PairAsync();
        await SendAsync(alice, conversation, 5);
        await using (var receiving = await bob.ConnectCaughtUpAsync())
        {
            var third = receiving.Received.All.Single(f => f.Type == "message" && f.Number("seqNo") == 3);
            await receiving.AckAsync(new { messageId = third.Text("messageId"), status = "delivered" });
            await receiving.PingAsync();
        }

        await using var again = await bob.ConnectCaughtUpAsync();

        Assert.Equal([4, 5], Seen(again));
    }

    [Fact]
    public async Task An_ack_below_the_cursor_and_one_beyond_the_head_move_nothing()
    {
        var (alice, bob, conversation) = await PairAsync();
        await SendAsync(alice, conversation, 5);
        await using (var receiving = await bob.ConnectCaughtUpAsync())
        {
            await receiving.AckAsync(conversation, 3);
            await receiving.AckAsync(conversation, 1);
            await receiving.AckAsync(conversation, 6);
            await receiving.ExpectErrorAsync("bad_request");
            await receiving.PingAsync();
        }

        await using var again = await bob.ConnectCaughtUpAsync();

        Assert.Equal([4, 5], Seen(again));
    }

    [Fact]
    public async Task The_cursor_passes_over_own_messages()
    {
        var (alice, bob, conversation) = await PairAsync();
        await using (var both = await bob.ConnectCaughtUpAsync())
        {
            await both.SendTextAsync(conversation, "mine", "1");
            (await alice.Rest.SendMessageAsync(conversation, "yours", "2")).Expect(HttpStatusCode.Created);
            await both.ReceiveUpToAsync(conversation, 2);
            await both.SendTextAsync(conversation, "mine again", "3");
        }

        await using var again = await bob.ConnectCaughtUpAsync();

        Assert.Empty(Seen(again));
    }

    [Fact]
    public async Task LastSeenSeqNo_brings_what_is_missing_before_the_ack()
    {
        var (alice, bob, conversation) = await PairAsync();
        await using var client = await bob.ConnectCaughtUpAsync();
        await SendAsync(alice, conversation, 5);
        for (var i = 1; i <= 5; i++)
            Assert.Equal(i, (await client.ExpectAsync("message")).Number("seqNo"));

        var seenBefore = client.Received.Count;
        await client.SendMessageAsync(new { to = conversation, text = "I only saw two", clientMsgId = "mine", lastSeenSeqNo = 2 });

        var since = client.Received.All.Skip(seenBefore).TakeWhile(f => f.Type != "ack").ToList();
        Assert.Equal([3, 4, 5], since.Where(f => f.Type == "message").Select(f => f.Number("seqNo")));
    }

    [Fact]
    public async Task LastSeenSeqNo_with_more_missing_than_a_page_is_a_resync()
    {
        const int waiting = 250;
        var (alice, bob, conversation) = await PairAsync();
        await SendAsync(alice, conversation, waiting);
        await using var client = await bob.ConnectCaughtUpAsync();

        await client.SendMessageAsync(new { to = conversation, text = "I saw nothing", clientMsgId = "mine", lastSeenSeqNo = 0 });

        await client.ExpectAsync("resync");
        await client.ReceiveUpToAsync(conversation, waiting);
        await client.ExpectAsync("caughtUp");
    }

    private static List<long> Seen(WireClient client) =>
        [.. client.Received.All.Where(f => f.Type == "message").Select(f => f.Number("seqNo")).Distinct()];

    private static async Task SendAsync(Account sender, string conversation, int count)
    {
        await using var client = await sender.ConnectAsync();
        await Task.WhenAll(Enumerable.Range(1, count).Select(i => client.SendTextAsync(conversation, $"{i}", $"{i}")));
    }

    private async Task<(Account Alice, Account Bob, string Conversation)> PairAsync()
    {
        var alice = await shared.NewUserAsync("alice");
        var bob = await shared.NewUserAsync("bob");
        return (alice, bob, alice.DirectTo(bob));
    }
}

using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

public sealed class HistoryPageTests(SharedServer shared)
{
    [Fact]
    public async Task Pages_go_upwards_from_after_and_downwards_from_before()
    {
        var (alice, conversation) = await WithMessagesAsync(7);

        var first = await PageAsync(alice, conversation, "after=0&limit=3");
        Assert.Equal([1, 2, 3], SeqNos(first));
        Assert.Equal(3, first.Number("nextAfter"));
        Assert.Equal(7, first.Number("maxSeqNo"));

        var last = await PageAsync(alice, conversation, "after=6&limit=3");
        Assert.Equal([7], SeqNos(last));
        Assert.Equal(7, last.Number("nextAfter"));

        var down = await PageAsync(alice, conversation, "before=7&limit=3");
        Assert.Equal([4, 5, 6], SeqNos(down));
        var furtherDown = await PageAsync(alice, conversation, $"before={down.Number("nextBefore")}&limit=3");
        Assert.Equal([1, 2, 3], SeqNos(furtherDown));
    }

    [Fact]
    public async Task A_page_has_50_messages_unless_told_and_200_at_most()
    {
        var (alice, conversation) = await WithMessagesAsync(210);

        Assert.Equal(50, SeqNos(await PageAsync(alice, conversation, "after=0")).Count);
        Assert.Equal(200, SeqNos(await PageAsync(alice, conversation, "after=0&limit=1000")).Count);
        Assert.Equal(210, (await alice.Rest.ReadLogAsync(conversation, limit: 77)).Count);
    }

    [Fact]
    public async Task The_conversation_list_has_the_newest_activity_first_and_pages()
    {
        var alice = await shared.NewUserAsync("alice");
        for (var i = 0; i < 5; i++)
        {
            var sent = (await alice.Rest.SendMessageAsync($"@friend-{i}", "hello", $"{i}")).Expect(HttpStatusCode.Created);
            // Activity is told by the millisecond, and a message may take less.
            while (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() <= sent.Number("timestamp"))
                await Task.Yield();
        }
        (await alice.Rest.SendMessageAsync("@friend-1", "hello again", "again")).Expect(HttpStatusCode.Created);

        var listed = new List<string>();
        for (var path = "/v1/conversations?limit=2"; path is not null;)
        {
            var page = (await alice.Rest.GetAsync(path)).Expect(HttpStatusCode.OK);
            listed.AddRange(page.Items("conversations").Select(c => c.Text("conversationId")));
            path = page.TextOrNull("next") is { } next ? $"/v1/conversations?limit=2&cursor={Uri.EscapeDataString(next)}" : null;
        }

        string[] newestFirst = ["friend-1", "friend-4", "friend-3", "friend-2", "friend-0"];
        Assert.Equal(newestFirst.Select(friend => Account.Direct(alice.UserId, friend)), listed);
    }

    [Fact]
    public async Task A_sync_answers_like_a_page()
    {
        var (alice, conversation) = await WithMessagesAsync(7);
        await using var client = await alice.ConnectCaughtUpAsync();

        var page = await client.SyncAsync(new { conversationId = conversation, after = 2, limit = 3 });

        Assert.Equal([3, 4, 5], SeqNos(page));
        Assert.Equal(5, page.Number("nextAfter"));
        Assert.Equal(7, page.Number("maxSeqNo"));
        Assert.All(page.Items("messages"), m => Assert.NotNull(m.TextOrNull("clientMsgId")));
    }

    private static async Task<JsonElement> PageAsync(Account reader, string conversation, string query) =>
        (await reader.Rest.GetAsync($"/v1/conversations/{conversation}/messages?{query}")).Expect(HttpStatusCode.OK);

    private static List<long> SeqNos(JsonElement page) => [.. page.Items("messages").Select(m => m.Number("seqNo"))];

    private async Task<(Account Alice, string Conversation)> WithMessagesAsync(int count)
    {
        var alice = await shared.NewUserAsync("alice");
        var conversation = Account.Direct(alice.UserId, "bob");
        await using var client = await alice.ConnectCaughtUpAsync();
        for (var i = 1; i <= count; i++)
            await client.SendTextAsync(conversation, $"{i}", $"{i}");

        return (alice, conversation);
    }
}

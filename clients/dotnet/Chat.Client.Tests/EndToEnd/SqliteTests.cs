using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

public sealed class SqliteTests(ChatServer server) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-client-").FullName;

    [Fact]
    public async Task What_waited_in_the_outbox_when_the_program_ended_goes_out_when_it_is_opened_again()
    {
        var host = await server.GetAsync();
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");
        var path = Path.Combine(_folder, "alice.db");
        await using (var alice = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice", new SqliteStore(path)))
        {
            await alice.SendAsync($"@{bob.Session!.UserId}", "at once");
            using var timeline = alice.OpenTimeline(ConversationIds.DirectWith(alice.Session!.UserId, bob.Session.UserId));
            await ChatServer.ShowsAsync(timeline, "at once");
        }

        // Opened where there is no server: what is written waits.
        await using (var offline = await ChatClient.OpenAsync(new ChatClientOptions { Url = new Uri("http://127.0.0.1:1"), Store = new SqliteStore(path) }))
        {
            using var timeline = offline.OpenTimeline(offline.Conversations[0].Id);
            await offline.SendAsync(timeline.ConversationId, "later 1");
            await offline.SendAsync(timeline.ConversationId, "later 2");
            await Until.TrueAsync(() => timeline.Messages.Count == 1, "the stored message is shown");
            Assert.Equal(["later 1", "later 2"], timeline.Outgoing.Select(outgoing => outgoing.Text));
        }

        await using var again = await ChatServer.OpenAsync(host, ChatTransport.SignalR, new SqliteStore(path));
        using var hers = again.OpenTimeline(again.Conversations[0].Id);
        using var his = bob.OpenTimeline(hers.ConversationId);
        await ChatServer.ShowsAsync(his, "at once", "later 1", "later 2");
        await ChatServer.ShowsAsync(hers, "at once", "later 1", "later 2");
    }

    [Fact]
    public async Task A_long_history_is_read_page_by_page_into_the_store_and_from_it_without_a_server()
    {
        var host = await server.GetAsync();
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");
        await using var phone = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice");
        for (var i = 1; i <= 320; i++)
            await bob.SendAsync($"@{phone.Session!.UserId}", $"{i}");
        var id = bob.Conversations[0].Id;
        await Until.TrueAsync(() => phone.FindConversation(id)?.MaxSeqNo == 320, "all are sent");

        // A second device begins at the head, and has to fetch what is older.
        var path = Path.Combine(_folder, "laptop.db");
        await using (var laptop = await ChatServer.OpenAsync(host, ChatTransport.WebSocket, new SqliteStore(path)))
        {
            await laptop.SignInAsync(phone.Session!.UserId, ChatServer.Password);
            await ChatServer.OnlineAsync(laptop);
            await Until.TrueAsync(() => laptop.FindConversation(id) is not null, "the conversation is listed");
            using var timeline = laptop.OpenTimeline(id);
            await Until.TrueAsync(() => timeline.Messages.Count is > 0 and < 320, "the newest are shown");
            await timeline.LoadDownToAsync(1);
            Assert.Equal(Enumerable.Range(1, 320).Select(i => $"{i}"), timeline.Messages.Select(message => message.Text));
            Assert.False(timeline.HasOlder);
        }

        await using var offline = await ChatClient.OpenAsync(new ChatClientOptions { Url = new Uri("http://127.0.0.1:1"), Store = new SqliteStore(path) });
        using var hidden = offline.OpenTimeline(id);
        await hidden.LoadDownToAsync(1);
        Assert.Equal(320, hidden.Messages.Count);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

using System.Security.Cryptography;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

/// <summary>Files, against a real server.</summary>
public sealed class MediaTests(ChatServer server) : IDisposable
{
    private const int Large = 9_000_000;    // two requests of a resumable upload
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-client-").FullName;

    [Fact]
    public async Task A_file_is_sent_with_a_message_and_read_by_its_receiver_byte_by_byte()
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");
        await using var carol = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "carol");
        var path = WriteFile("Grüße.bin", Large);
        var told = new List<UploadProgress>();

        var uploaded = await alice.UploadAsync(path, new UploadOptions { Progress = new Told(told) });
        await alice.SendAsync($"@{bob.Session!.UserId}", new MessageContent("both") { Media = [uploaded] }, [new FileToSend(path)]);

        using var his = bob.OpenTimeline(ConversationIds.DirectWith(alice.Session!.UserId, bob.Session.UserId));
        await ChatServer.ShowsAsync(his, "both");
        var media = his.Messages[0].Media;
        Assert.Equal(["Grüße.bin", "Grüße.bin"], media.Select(file => file.Name));
        foreach (var file in media)
        {
            Assert.Equal(Large, file.Size);
            Assert.Equal(HashOf(path), await HashAsync(bob, file.MediaId));
        }
        Assert.Equal(new UploadProgress(Large, Large), told[^1]);
        Assert.Equal(SHA256.HashData((await bob.DownloadAsync(media[0].MediaId)).Span), HashOf(path));

        var refused = await Assert.ThrowsAsync<ChatException>(() => carol.DownloadAsync(media[0].MediaId));
        Assert.Equal(ErrorCodes.NotFound, refused.Code);
        using var anybody = new HttpClient();
        Assert.Equal(HashOf(path), SHA256.HashData(await anybody.GetByteArrayAsync(await bob.MediaUrlAsync(media[0].MediaId))));
    }

    [Fact]
    public async Task Cut_in_the_middle_an_upload_goes_on_and_is_byte_identical()
    {
        var host = await server.GetAsync();
        using var wire = new Wire { CutAfter = [1, 3_000_001, 4_999_999] };
        await using var alice = await NewUserAsync(host, wire);
        var path = WriteFile("cut.bin", Large);

        var media = await alice.UploadAsync(path);

        Assert.Empty(wire.CutAfter);
        Assert.Equal(1, wire.Count("POST", "/v1/media/tus"));
        Assert.True(wire.Count("PATCH", "/v1/media/tus/") >= 4);
        Assert.Equal(HashOf(path), await HashAsync(alice, media.MediaId));
    }

    [Fact]
    public async Task A_server_that_is_killed_in_mid_upload_gets_the_rest_when_it_is_back()
    {
        await using var host = await ServerProcess.StartAsync();
        using var wire = new Wire();
        await using var alice = await NewUserAsync(host, wire);
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");
        var path = WriteFile("killed.bin", Large);
        wire.HoldAt = 2_000_000;

        await alice.SendAsync($"@{bob.Session!.UserId}", "with a file", [new FileToSend(path)]);
        await wire.Held;
        await host.KillHardAsync();
        wire.Release();
        await alice.SendAsync($"@{bob.Session.UserId}", "text");
        await host.StartAgainAsync();

        using var his = bob.OpenTimeline(ConversationIds.DirectWith(alice.Session!.UserId, bob.Session.UserId));
        await Until.TrueAsync(() => his.Messages.Count == 2, "both are there", () => wire.ToString());
        var media = his.Messages.Single(message => message.Media.Count > 0).Media[0];
        Assert.Equal(HashOf(path), await HashAsync(bob, media.MediaId));
        Assert.Equal(1, wire.Count("POST", "/v1/media/tus"));
    }

    [Fact]
    public async Task Messages_and_their_files_outlive_the_program_and_the_upload_goes_on_where_it_was()
    {
        var host = await server.GetAsync();
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");
        var (database, path) = (Path.Combine(_folder, "alice.db"), WriteFile("later.bin", Large));
        using var wire = new Wire();
        await using (var alice = await NewUserAsync(host, wire, new SqliteStore(database)))
        {
            wire.HoldAt = 1_000_000;
            await alice.SendAsync($"@{bob.Session!.UserId}", "one", [new FileToSend(path), new FileToSend(new MemoryStream("small"u8.ToArray())) { Name = "small.txt" }]);
            await wire.Held;
        }
        wire.Release();
        var expected = HashOf(path);
        File.Delete(path);

        await using var again = await OpenAsync(host, wire, new SqliteStore(database));
        using var his = bob.OpenTimeline(again.Conversations[0].Id);
        await ChatServer.ShowsAsync(his, "one");

        var media = his.Messages[0].Media;
        Assert.Equal(expected, await HashAsync(bob, media[0].MediaId));
        Assert.Equal("small"u8.ToArray(), (await bob.DownloadAsync(media[1].MediaId)).ToArray());
        Assert.Equal(1, wire.Count("POST", "/v1/media/tus"));
        await Until.TrueAsync(() => Directory.GetFiles($"{database}-files").Length == 0, "no file is kept");
    }

    [Fact]
    public async Task A_token_that_the_server_refuses_in_mid_upload_is_renewed_and_the_upload_goes_on()
    {
        var host = await server.GetAsync();
        using var wire = new Wire { LosesTokenOfPatch = 2 };
        await using var alice = await NewUserAsync(host, wire);
        var path = WriteFile("renewed.bin", Large);

        var media = await alice.UploadAsync(path);

        Assert.Equal(3, wire.Count("PATCH", "/v1/media/tus/"));
        Assert.Equal(1, wire.Count("POST", "/v1/auth/refresh"));
        Assert.Equal(HashOf(path), await HashAsync(alice, media.MediaId));
    }

    [Fact]
    public async Task What_is_too_large_or_over_the_quota_is_refused_by_name_and_the_next_message_is_sent()
    {
        await using var host = await ServerProcess.StartAsync(new Dictionary<string, string> { ["Media__MaxBytes"] = "700000", ["Media__QuotaBytes"] = "1000000" });
        await using var alice = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice");
        var (tooLarge, fits, small) = (WriteFile("a", 700_001), WriteFile("b", 700_000), WriteFile("c", 400_000));

        await alice.SendAsync("@bob", "too large", [new FileToSend(tooLarge)]);
        using var timeline = alice.OpenTimeline(ConversationIds.DirectWith(alice.Session!.UserId, "bob"));
        await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed, Error.Code: ErrorCodes.TooLarge }], "it has failed");
        await alice.UploadAsync(fits);
        foreach (var path in new[] { fits, small })
        {
            await using var another = File.OpenRead(path);
            Assert.Equal(ErrorCodes.QuotaExceeded, (await Assert.ThrowsAsync<ChatException>(() => alice.UploadAsync(another))).Code);
        }

        await alice.SendAsync("@bob", "text");
        await Until.TrueAsync(() => timeline.Messages is [{ Text: "text" }], "the next one is sent");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<ChatClient> OpenAsync(ServerProcess host, Wire wire, IChatStore store) =>
        ChatClient.OpenAsync(new ChatClientOptions { Url = host.Address, Transport = ChatTransport.WebSocket, Store = store, Handler = wire });

    private static async Task<ChatClient> NewUserAsync(ServerProcess host, Wire wire, IChatStore? store = null)
    {
        var client = await OpenAsync(host, wire, store ?? new MemoryStore());
        await client.RegisterAsync(ChatServer.UniqueId("alice"), ChatServer.Password);
        await ChatServer.OnlineAsync(client);
        return client;
    }

    private string WriteFile(string name, int length)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(length));
        return path;
    }

    private static byte[] HashOf(string path) => SHA256.HashData(File.ReadAllBytes(path));

    private static async Task<byte[]> HashAsync(ChatClient client, string mediaId)
    {
        using var bytes = new MemoryStream();
        await client.DownloadAsync(mediaId, bytes);
        return SHA256.HashData(bytes.ToArray());
    }

    private sealed class Told(List<UploadProgress> told) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => told.Add(value);
    }
}

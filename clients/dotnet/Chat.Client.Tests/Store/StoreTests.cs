using Microsoft.Data.Sqlite;

namespace Chat.Client.Tests.Store;

public sealed class MemoryStoreTests : ChatStoreContract
{
    protected override IChatStore New() => new MemoryStore();
}

public sealed class SqliteStoreTests : ChatStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-client-").FullName;

    [Fact]
    public async Task After_a_crash_in_the_middle_of_a_write_all_before_it_counts_and_nothing_of_it()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await PutAsync(store, Message(1, "bob"));

        // The third change cannot be written: what came before it in the same batch was.
        StoreChange[] broken = [new StoreChange.PutMessage(Message(2, "bob")), new StoreChange.PutOutgoing(Outgoing("a")), null!];
        await Assert.ThrowsAnyAsync<Exception>(() => store.WriteAsync(broken, CancellationToken.None));
        var crashed = Crash();

        var reopened = new SqliteStore(crashed);
        Assert.Empty((await reopened.OpenAsync(CancellationToken.None)).Outbox);
        Assert.Equal([1], await PlacesAsync(reopened, 1, 9, 9));
        await reopened.CloseAsync();
        Assert.Equal([1], await PlacesAsync(store, 1, 9, 9));
        await PutAsync(store, Message(2, "bob"));
        Assert.Equal([1, 2], await PlacesAsync(store, 1, 9, 9));
        await store.CloseAsync();
    }

    [Fact]
    public async Task A_log_that_was_cut_off_in_the_middle_of_a_transaction_loses_that_one_alone()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await PutAsync(store, Message(1, "bob"));
        var before = new FileInfo(FilePath + "-wal").Length;
        await PutAsync(store, [.. Enumerable.Range(2, 50).Select(place => Message(place, "bob") with { Text = new string('x', 4000) })]);
        var crashed = Crash();
        await store.CloseAsync();

        // The power went when half of the second transaction was on disk.
        using (var wal = new FileStream(crashed + "-wal", FileMode.Open))
            wal.SetLength(before + (wal.Length - before) / 2);

        var reopened = new SqliteStore(crashed);
        await reopened.OpenAsync(CancellationToken.None);
        Assert.Equal([1], await PlacesAsync(reopened, 1, 99, 99));
        await reopened.CloseAsync();
    }

    [Fact]
    public async Task A_second_client_cannot_open_it_while_the_first_is_there()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await PutAsync(store, Message(1, "bob"));

        await Assert.ThrowsAsync<SqliteException>(() => new SqliteStore(FilePath).OpenAsync(CancellationToken.None));

        await store.CloseAsync();
        var second = new SqliteStore(FilePath);
        await second.OpenAsync(CancellationToken.None);
        await second.CloseAsync();
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_left_alone()
    {
        await using (var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync();
        }

        await Assert.ThrowsAsync<InvalidDataException>(() => new SqliteStore(FilePath).OpenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_the_version_before_has_written_is_all_there()
    {
        // Written by the library when its store had version 1.
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Store", "version-1.db"), FilePath);
        var sent = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123);
        var last = Message(3, "bob") with { Text = "a\r\n\"quoted\" \\ 👋🏽 \0 end", ReplyTo = "m1", Timestamp = sent.AddSeconds(3) };
        var store = New();

        var state = await store.OpenAsync(CancellationToken.None);

        Assert.Equal(("alice", "r", "e1"), (state.Installation?.UserId, state.Installation?.Tokens?.Refresh, state.Installation?.Epoch));
        var conversation = Assert.Single(state.Conversations);
        Assert.Equal((3, 1, 1, 3, 3), (conversation.MaxSeqNo, conversation.ReadSeqNo, conversation.UnreadCount, conversation.CountedSeqNo, conversation.AckedSeqNo));
        Assert.Equal([new SeqNoRange(1, 3)], conversation.Complete);
        Assert.Equal(new Cursors(2, 1), conversation.Receipts["bob"]);
        Assert.Equal(last, conversation.LastMessage);
        Assert.Equal(
        [
            Outgoing("c4") with { Text = "four", ReplyTo = "m3" },
            Outgoing("c5") with { Text = "five", State = OutgoingState.Failed, Error = new OutgoingError("forbidden", "no") },
        ], state.Outbox);
        Assert.Equal(
        [
            Message(1, "bob") with { Text = "one", Timestamp = sent.AddSeconds(1) },
            Message(2, "alice") with { Text = "two", ClientMsgId = "c2", Timestamp = sent.AddSeconds(2) },
            last,
        ], await store.ReadAsync(conversation.Id, new SeqNoRange(1, 9), 9, CancellationToken.None));

        // From then on it is a store like any other.
        await PutAsync(store, Message(4, "bob"));
        await store.CloseAsync();
        await store.OpenAsync(CancellationToken.None);
        Assert.Equal([1, 2, 3, 4], await PlacesAsync(store, 1, 9, 9));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Of_a_version_that_took_changes_for_holes_conversations_with_holes_are_read_again()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await PutAsync(store, Message(1, "bob"), Message(3, "bob"), Message(1, "carol") with { ConversationId = "dm:alice:carol" });
        StoredConversation Of(string id, params SeqNoRange[] complete) => new() { Id = id, MaxSeqNo = 3, CountedSeqNo = 1, Complete = [.. complete] };
        await store.WriteAsync(
        [
            new StoreChange.PutConversation(Of(Message(1, "bob").ConversationId, new SeqNoRange(1, 3))),
            new StoreChange.PutConversation(Of("dm:alice:carol", new SeqNoRange(1, 1))),
        ], CancellationToken.None);
        await store.CloseAsync();
        await SetVersionAsync(3);

        var state = await store.OpenAsync(CancellationToken.None);

        var stale = state.Conversations.Single(conversation => conversation.Id != "dm:alice:carol");
        Assert.Empty(stale.Complete);
        Assert.Equal((3, 3), (stale.MaxSeqNo, stale.CountedSeqNo));
        Assert.Empty(await PlacesAsync(store, 1, 9, 9));
        var whole = state.Conversations.Single(conversation => conversation.Id == "dm:alice:carol");
        Assert.Equal([new SeqNoRange(1, 1)], whole.Complete);
        Assert.Single(await store.ReadAsync(whole.Id, new SeqNoRange(1, 9), 9, CancellationToken.None));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Of_a_version_that_knew_no_threads_conversations_with_threads_or_changes_are_read_again()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var (changed, threaded, plain) = (Message(1, "bob").ConversationId, "dm:alice:carol", "dm:alice:dave");
        await PutAsync(
            store, Message(1, "bob"), Message(1, "carol") with { ConversationId = threaded }, Message(2, "carol") with { ConversationId = threaded, ThreadId = "m1", ThreadSeqNo = 1 },
            Message(1, "dave") with { ConversationId = plain });
        StoredConversation Of(string id, long to) => new() { Id = id, MaxSeqNo = to, Complete = [new SeqNoRange(1, to)], Stale = [new SeqNoRange(1, 1)] };
        await store.WriteAsync([.. new[] { Of(changed, 2), Of(threaded, 2), Of(plain, 1) }.Select(one => new StoreChange.PutConversation(one))], CancellationToken.None);
        await store.CloseAsync();
        await SetVersionAsync(4);

        var state = await store.OpenAsync(CancellationToken.None);

        foreach (var id in new[] { changed, threaded })
        {
            var again = state.Conversations.Single(conversation => conversation.Id == id);
            Assert.True(again is { Complete: [], Stale: [], CountedSeqNo: 2 });
            Assert.Empty(await store.ReadAsync(id, new SeqNoRange(1, 9), 9, CancellationToken.None));
        }
        Assert.Equal([new SeqNoRange(1, 1)], state.Conversations.Single(conversation => conversation.Id == plain).Complete);
        Assert.Single(await store.ReadAsync(plain, new SeqNoRange(1, 9), 9, CancellationToken.None));
        await store.CloseAsync();
    }

    private async Task SetVersionAsync(int version)
    {
        await using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA user_version = {version}; DROP TABLE notice";
        await command.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task No_key_names_a_file_elsewhere()
    {
        var store = New();

        foreach (var key in new[] { "", "../a", "/etc/passwd", "a/b", new string('a', 101) })
            await Assert.ThrowsAsync<ArgumentException>(() => store.Files.OpenAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task The_files_are_for_the_user_alone()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await PutAsync(store, Message(1, "bob"));
        await store.Files.PutAsync("a", new MemoryStream([1]), CancellationToken.None);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode($"{FilePath}-files"));
        Assert.All(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        await store.CloseAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override IChatStore New() => new SqliteStore(FilePath);

    private string FilePath => Path.Combine(_folder, "chat.db");

    /// <summary>The files as they lie on disk now, of a program that will never close them.</summary>
    private string Crash()
    {
        var copy = Path.Combine(_folder, "crashed.db");
        File.Copy(FilePath, copy);
        File.Copy(FilePath + "-wal", copy + "-wal");
        return copy;
    }
}

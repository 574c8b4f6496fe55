using System.Collections.Immutable;
using System.Text.Json;

namespace Chat.Client.Tests.Store;

/// <summary>What <see cref="IChatStore"/> promises, whichever it is.</summary>
public abstract class ChatStoreContract
{
    private const string Direct = "dm:alice:bob";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123);

    protected abstract IChatStore New();

    [Fact]
    public async Task A_new_store_is_empty()
    {
        var store = New();

        var state = await store.OpenAsync(CancellationToken.None);

        Assert.Null(state.Installation);
        Assert.Empty(state.Conversations);
        Assert.Empty(state.Outbox);
        await store.CloseAsync();
    }

    [Fact]
    public async Task Everything_is_there_again_when_it_is_opened_again()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var installation = new StoredInstallation("dotnet-1", "alice", new StoredTokens("a", "r", Now, Now.AddMinutes(15)), "epoch");
        var conversation = new StoredConversation
        {
            Id = Direct, Title = "Ünïcode", MaxSeqNo = 9, ReadSeqNo = 3, UnreadCount = 4, UnreadCapped = true, CountedSeqNo = 8, AckedSeqNo = 7,
            Complete = [new SeqNoRange(1, 2), new SeqNoRange(5, 9)], LastMessage = Message(9, "bob"), KnowsMembers = true, KnownSince = Now,
            Receipts = ImmutableDictionary<string, Cursors>.Empty.Add("bob", new Cursors(5, 4)),
            MutedUntil = Now, Archived = true, Pinned = true, MarkedUnread = true, ClearedUpTo = 1, Draft = "well",
        };
        Outgoing[] outbox =
        [
            Outgoing("m1") with { ReplyTo = "reply" },
            Outgoing("m2") with { State = OutgoingState.Failed, Error = new OutgoingError("forbidden", "no") },
        ];
        await store.WriteAsync(
            [new StoreChange.PutInstallation(installation), new StoreChange.PutConversation(conversation), .. outbox.Select(o => new StoreChange.PutOutgoing(o))],
            CancellationToken.None);

        await store.CloseAsync();
        var state = await store.OpenAsync(CancellationToken.None);

        Assert.Equal(installation, state.Installation);
        var read = Assert.Single(state.Conversations);
        Assert.Equal(conversation.Complete, read.Complete);
        Assert.Equal(conversation.Receipts, read.Receipts);
        Assert.Equal(conversation, read with { Complete = conversation.Complete, Receipts = conversation.Receipts });
        Assert.Equal(outbox, state.Outbox);
        await store.CloseAsync();
    }

    [Fact]
    public async Task Of_a_range_the_newest_messages_are_read_ascending()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await PutAsync(store, [.. new long[] { 7, 3, 5, 1, 9 }.Select(place => Message(place, "bob"))]);
        await PutAsync(store, Message(5, "bob") with { ConversationId = "dm:alice:carol" });

        Assert.Equal([3, 5, 7], await PlacesAsync(store, 2, 8, 10));
        Assert.Equal([5, 7], await PlacesAsync(store, 3, 7, 2));
        Assert.Empty(await PlacesAsync(store, 10, 20, 10));
        Assert.Empty(await PlacesAsync(store, 8, 2, 10));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Notices_are_kept_in_their_places_and_go_with_the_messages()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        Notice[] notices = [.. new long[] { 5, 1, 3 }.Select(seqNo => Notice(seqNo) with { UserIds = ["carol", "dave"], Value = "Ünïcode" })];
        await store.WriteAsync([.. notices.Select(notice => new StoreChange.PutNotice(notice)), new StoreChange.PutNotice(notices[0])], CancellationToken.None);
        await PutAsync(store, Message(2, "bob"));
        await store.CloseAsync();
        await store.OpenAsync(CancellationToken.None);

        Assert.Equal([notices[1], notices[2], notices[0]], await NoticesAsync(1, 9));
        Assert.Equal([notices[2]], await NoticesAsync(2, 4));
        await store.WriteAsync([new StoreChange.ClearMessages(Direct, 3)], CancellationToken.None);
        Assert.Equal([notices[0]], await NoticesAsync(1, 9));
        await store.WriteAsync([new StoreChange.RemoveConversation(Direct), new StoreChange.PutNotice(Notice(1) with { ConversationId = "g:1" })], CancellationToken.None);
        Assert.Empty(await NoticesAsync(1, 9));
        await store.WriteAsync([new StoreChange.ClearLog()], CancellationToken.None);
        Assert.Empty(await store.ReadNoticesAsync("g:1", new SeqNoRange(1, 9), CancellationToken.None));
        await store.CloseAsync();

        Task<IReadOnlyList<Notice>> NoticesAsync(long from, long to) => store.ReadNoticesAsync(Direct, new SeqNoRange(from, to), CancellationToken.None);

        static Notice Notice(long seqNo) => new()
        {
            MessageId = $"n{seqNo}", ConversationId = Direct, SeqNo = seqNo, SenderId = "bob", Timestamp = Now, What = NoticeKinds.MemberAdded, UserId = "carol",
        };
    }

    [Fact]
    public async Task What_was_cleared_is_gone_and_the_rest_stays()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var other = Message(1, "bob") with { ConversationId = "dm:alice:carol" };
        await PutAsync(store, [.. new long[] { 1, 3, 4, 7 }.Select(place => Message(place, "bob")), other]);

        await store.WriteAsync([new StoreChange.ClearMessages(Direct, 4), new StoreChange.ClearMessages("dm:alice:dave", 9)], CancellationToken.None);

        Assert.Equal([7], await PlacesAsync(store, 1, 9, 9));
        Assert.Equal([other], await store.ReadAsync(other.ConversationId, new SeqNoRange(1, 9), 9, CancellationToken.None));
        await store.CloseAsync();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("nul \0 inside")]
    [InlineData("a\r\nb\t\"quoted\" \\ 👋🏽 \u202eright")]
    public async Task A_message_comes_back_as_it_was_and_a_second_one_takes_its_place(string text)
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var message = Message(1, "bob") with { Text = text, ReplyTo = "r", ClientMsgId = "c" };
        await PutAsync(store, Message(1, "carol"));
        await PutAsync(store, message);

        Assert.Equal([message], await store.ReadAsync(Direct, new SeqNoRange(1, 1), 10, CancellationToken.None));
        await store.CloseAsync();
    }

    [Fact]
    public async Task What_this_version_does_not_know_of_a_message_is_kept_wherever_the_message_is()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var message = JsonSerializer.Deserialize("""
            {"messageId":"m1","conversationId":"dm:alice:bob","seqNo":1,"senderId":"bob","text":"one","timestamp":1,"poll":[{"width":1.50}],"lobby":null}
            """, ChatJson.Wire.Message)!;
        var outgoing = new Outgoing(message) { ClientMsgId = "c", ConversationId = Direct, CreatedAt = Now };
        await store.WriteAsync(
        [
            new StoreChange.PutMessage(message), new StoreChange.PutOutgoing(outgoing),
            new StoreChange.PutConversation(new StoredConversation { Id = Direct, LastMessage = message }),
        ], CancellationToken.None);

        await store.CloseAsync();
        var state = await store.OpenAsync(CancellationToken.None);

        var read = Assert.Single(await store.ReadAsync(Direct, new SeqNoRange(1, 1), 1, CancellationToken.None));
        Assert.All(new MessageContent[] { read, state.Outbox[0], state.Conversations[0].LastMessage! }, said =>
        {
            Assert.Equal(["lobby", "poll"], said.Unknown.Keys.Order());
            Assert.Equal("""[{"width":1.50}]""", said.Unknown["poll"].GetRawText());
            Assert.Equal(JsonValueKind.Null, said.Unknown["lobby"].ValueKind);
        });
        Assert.Equal(message, read);
        Assert.NotEqual(message, read with { UnknownProperties = null });
        await store.CloseAsync();
    }

    [Fact]
    public async Task A_changed_message_comes_back_as_it_was_and_a_deleted_one_is_not_counted()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var changed = Message(1, "bob") with
        {
            EditedAt = Now, Concurrent = true, Reactions = [new Reaction("👍", 4, ["bob", "carol", "dave"], Mine: true)], Pinned = true, ChangedSeqNo = 9,
            Mentions = ["alice", "carol"], Forwarded = true, Thread = new MessageThread(2, 8, ["bob"]), Seen = 1,
        };
        var deleted = Message(2, "bob") with { Text = "", Deleted = new Deletion("bob", Now), ChangedSeqNo = 8, ThreadId = "m1", ThreadSeqNo = 1 };
        var conversation = new StoredConversation { Id = Direct, LastMessage = deleted };
        var change = Outgoing("c") with { Change = new OutgoingChange(new MessageTarget("m1", 1), new ChangeContent.React("👍", false)) };
        var edited = Outgoing("d") with { Then = new ChangeContent.Edit("better") { Mentions = ["bob"] } };
        await PutAsync(store, changed, deleted);
        await store.WriteAsync(
            [new StoreChange.PutConversation(conversation), new StoreChange.PutOutgoing(change), new StoreChange.PutOutgoing(edited)], CancellationToken.None);

        await store.CloseAsync();
        var state = await store.OpenAsync(CancellationToken.None);

        Assert.Equal([changed, deleted], await store.ReadAsync(Direct, new SeqNoRange(1, 9), 9, CancellationToken.None));
        Assert.Equal(new OthersCount(1, 1), await store.CountOthersAsync(Direct, new SeqNoRange(1, 9), "alice", 9, CancellationToken.None));
        Assert.Equal(deleted, Assert.Single(state.Conversations).LastMessage);
        Assert.Equal([change, edited], state.Outbox);
        await store.CloseAsync();
    }

    [Fact]
    public async Task A_message_s_files_are_kept_with_what_this_version_does_not_know_of_them()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var message = JsonSerializer.Deserialize("""
            {"messageId":"m1","conversationId":"dm:alice:bob","seqNo":1,"senderId":"bob","text":"","timestamp":1,"media":[{"mediaId":"x","contentType":"audio/ogg","size":7,"durationMs":5,"thumbnail":false,"voice":true,"waveform":[1,2],"newer":1}]}
            """, ChatJson.Wire.Message)!;
        await store.WriteAsync([new StoreChange.PutMessage(message)], CancellationToken.None);
        await store.CloseAsync();
        await store.OpenAsync(CancellationToken.None);

        var read = Assert.Single(await store.ReadAsync(Direct, new SeqNoRange(1, 1), 1, CancellationToken.None));
        Assert.Equal(message, read);
        Assert.Equal(message.Media, read.Media);
        Assert.Equal(("audio/ogg", 7, 5, true), (read.Media[0].ContentType, read.Media[0].Size, read.Media[0].DurationMs!.Value, read.Media[0].Voice));
        Assert.Contains("\"newer\":1", JsonSerializer.Serialize(read, ChatJson.Wire.Message), StringComparison.Ordinal);
        await store.CloseAsync();
    }

    [Fact]
    public async Task An_outbox_entry_is_kept_with_its_files()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var outgoing = Outgoing("m1") with
        {
            State = OutgoingState.Uploading,
            Files =
            [
                new OutgoingFile { FileId = "f1", ContentType = "audio/ogg", Size = 7, Name = "a", DurationMs = 5, Voice = true, Waveform = [1, 2] },
                new OutgoingFile { FileId = "f2", ContentType = "image/png", Size = 8, Width = 3, Height = 2, Media = new MessageMedia { MediaId = "x" } },
            ],
        };
        await store.WriteAsync([new StoreChange.PutOutgoing(outgoing)], CancellationToken.None);
        await store.CloseAsync();

        Assert.Equal([outgoing], (await store.OpenAsync(CancellationToken.None)).Outbox);
        await store.CloseAsync();
    }

    [Fact]
    public async Task Files_are_kept_by_their_keys_and_go_with_the_outbox()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        Assert.Empty(await store.Files.GetKeysAsync(CancellationToken.None));
        await store.Files.DeleteAsync(["nothing"], CancellationToken.None);
        Assert.Null(await store.Files.OpenAsync("a", CancellationToken.None));

        await PutAsync("a", "longer than the next");
        Assert.Equal(5, await PutAsync("a", "hello"));
        await PutAsync("upload-b", "b");
        await PutAsync("c", "");
        await using (var open = await store.Files.OpenAsync("a", CancellationToken.None))
        {
            await store.Files.DeleteAsync(["c", "nothing"], CancellationToken.None);
            open!.Position = 1;
            Assert.Equal("ello", await new StreamReader(open).ReadToEndAsync());
        }
        await store.CloseAsync();
        await store.OpenAsync(CancellationToken.None);
        Assert.Equal(["a", "upload-b"], (await store.Files.GetKeysAsync(CancellationToken.None)).Order());

        await store.WriteAsync([new StoreChange.ClearLog()], CancellationToken.None);
        Assert.Equal(2, (await store.Files.GetKeysAsync(CancellationToken.None)).Count);
        await store.WriteAsync([new StoreChange.ClearOutbox()], CancellationToken.None);
        Assert.Empty(await store.Files.GetKeysAsync(CancellationToken.None));
        await PutAsync("a", "again");
        await store.CloseAsync();

        async Task<long> PutAsync(string key, string text) =>
            await store.Files.PutAsync(key, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), CancellationToken.None);
    }

    [Fact]
    public async Task Others_messages_and_those_that_mention_the_user_are_counted_up_to_a_limit()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        // Bob's are the odd ones; 1, 5 and 9 mention alice by name, 3 everybody, 7 somebody else, and so do alice's own.
        string[] mentions = ["alice", "@all", "alice", "carol", "alice"];
        await PutAsync(store, [.. Enumerable.Range(1, 10).Select(place => Message(place, place % 2 == 0 ? "alice" : "bob") with { Mentions = [mentions[(place - 1) / 2]] })]);
        await PutAsync(store, Message(11, "bob"), Message(12, "bob") with { Mentions = ["alice"], Deleted = new Deletion("bob", Now) });

        Assert.Equal(new OthersCount(6, 4), await store.CountOthersAsync(Direct, new SeqNoRange(1, 12), "alice", 100, CancellationToken.None));
        Assert.Equal(new OthersCount(2, 1), await store.CountOthersAsync(Direct, new SeqNoRange(4, 7), "alice", 100, CancellationToken.None));
        Assert.Equal(new OthersCount(3, 3), await store.CountOthersAsync(Direct, new SeqNoRange(1, 12), "alice", 3, CancellationToken.None));
        await store.CloseAsync();
    }

    [Fact]
    public async Task The_outbox_keeps_its_order_when_one_changes_or_goes()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        await store.WriteAsync([.. "abc".Select(name => new StoreChange.PutOutgoing(Outgoing($"{name}")))], CancellationToken.None);

        await store.WriteAsync(
            [new StoreChange.PutOutgoing(Outgoing("b") with { State = OutgoingState.Failed }), new StoreChange.RemoveOutgoing("a"), new StoreChange.RemoveOutgoing("x")],
            CancellationToken.None);
        await store.WriteAsync([new StoreChange.PutOutgoing(Outgoing("a"))], CancellationToken.None);
        await store.CloseAsync();

        Assert.Equal(["b", "c", "a"], (await store.OpenAsync(CancellationToken.None)).Outbox.Select(outgoing => outgoing.ClientMsgId));
        await store.CloseAsync();
    }

    [Fact]
    public async Task What_is_removed_is_gone_with_its_messages_and_clearing_the_log_leaves_the_outbox()
    {
        var store = New();
        await store.OpenAsync(CancellationToken.None);
        var other = "dm:alice:carol";
        await store.WriteAsync(
        [
            new StoreChange.PutConversation(new StoredConversation { Id = Direct }), new StoreChange.PutMessage(Message(1, "bob")),
            new StoreChange.PutConversation(new StoredConversation { Id = other }), new StoreChange.PutMessage(Message(1, "carol") with { ConversationId = other }),
            new StoreChange.PutOutgoing(Outgoing("a")),
        ], CancellationToken.None);

        await store.WriteAsync([new StoreChange.RemoveConversation(Direct)], CancellationToken.None);
        Assert.Empty(await PlacesAsync(store, 1, 9, 9));
        Assert.Single(await store.ReadAsync(other, new SeqNoRange(1, 9), 9, CancellationToken.None));

        await store.WriteAsync([new StoreChange.ClearLog(), new StoreChange.PutConversation(new StoredConversation { Id = Direct })], CancellationToken.None);
        Assert.Empty(await store.ReadAsync(other, new SeqNoRange(1, 9), 9, CancellationToken.None));
        await store.CloseAsync();
        var state = await store.OpenAsync(CancellationToken.None);
        Assert.Equal([Direct], state.Conversations.Select(conversation => conversation.Id));
        Assert.Single(state.Outbox);
        await store.CloseAsync();
    }

    protected static Message Message(long seqNo, string sender) => new(new MessageContent($"text {seqNo}"))
    {
        MessageId = $"m{seqNo}", ConversationId = Direct, SeqNo = seqNo, SenderId = sender, Timestamp = Now,
    };

    protected static Outgoing Outgoing(string clientMsgId) => new(new MessageContent("text"))
    {
        ClientMsgId = clientMsgId, ConversationId = Direct, CreatedAt = Now,
    };

    protected static Task PutAsync(IChatStore store, params Message[] messages) =>
        store.WriteAsync([.. messages.Select(message => new StoreChange.PutMessage(message))], CancellationToken.None);

    protected static async Task<IEnumerable<long>> PlacesAsync(IChatStore store, long from, long to, int limit) =>
        (await store.ReadAsync(Direct, new SeqNoRange(from, to), limit, CancellationToken.None)).Select(message => message.SeqNo);
}

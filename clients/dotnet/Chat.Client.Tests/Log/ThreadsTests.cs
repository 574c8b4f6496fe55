using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class ThreadsTests
{
    [Fact]
    public async Task What_is_written_to_a_thread_is_shown_on_the_message_that_began_it_sent_and_stored()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var root = timeline.Messages[0];
        rig.Server.Push(Rig.Direct, "bob", InFirst(root, "five"));
        rig.Server.Push(Rig.Direct, "carol", InFirst(root, "six"));
        await ThreadAsync(timeline, new MessageThread(2, 6, ["bob", "carol"]));

        await rig.Client.SendAsync(Rig.Direct, InFirst(root, "so do I"));
        await ThreadAsync(timeline, new MessageThread(3, 7, ["bob", "carol", Rig.Me]));
        Assert.Equal((root.MessageId, root.SeqNo), (rig.Sends[^1].ThreadId, rig.Sends[^1].ThreadSeqNo));

        await rig.Client.DeleteAsync(timeline.Messages[^1]);
        await ThreadAsync(timeline, new MessageThread(2, 7, ["bob", "carol", Rig.Me]));
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.Delete());
        await Until.TrueAsync(() => timeline.Messages[0].Deleted is not null, "the first one is deleted");
        rig.Server.Push(Rig.Direct, "dave", InFirst(root, "still here"));
        await ThreadAsync(timeline, new MessageThread(3, 10, ["bob", "carol", Rig.Me]));

        Assert.Equal((root.MessageId, 1L, ""), (timeline.Messages[6].ThreadId, timeline.Messages[6].ThreadSeqNo, timeline.Messages[6].Text));
        Assert.Equal(rig.Server.Log(Rig.Direct), timeline.Messages);
        Assert.Equal(rig.Server.Log(Rig.Direct), await Talk.StoredAsync(rig));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_own_answer_or_its_deletion_that_is_acked_late_is_in_the_thread(bool deletion)
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        var root = timeline.Messages[0];
        if (deletion)
        {
            await rig.Client.SendAsync(Rig.Direct, InFirst(root, "five"));
            await ThreadAsync(timeline, new MessageThread(1, 5, [Rig.Me]));
        }

        rig.Server.LosesAcks = true;
        var before = rig.Server.TopOf(Rig.Direct);
        if (deletion)
            await rig.Client.DeleteAsync(timeline.Messages[^1]);
        else
            await rig.Client.SendAsync(Rig.Direct, InFirst(root, "five"));
        await Until.TrueAsync(() => rig.Server.TopOf(Rig.Direct) > before, "the server has it");
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.React("👍", true));
        await Until.TrueAsync(() => timeline.Messages[0].Reactions.Count == 1, "a later change of the first one is shown");
        rig.Server.LosesAcks = false;
        await rig.AdvanceUntilAsync(() => timeline.Outgoing.Count == 0 && timeline.Messages[0].Thread?.Count == (deletion ? 0 : 1), "the thread is right");

        Assert.Equal(rig.Server.Log(Rig.Direct)[0], timeline.Messages[0]);
    }

    [Fact]
    public async Task A_thread_and_the_list_of_them_come_from_the_server()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        rig.Server.Push(Rig.Direct, "bob", InFirst(timeline.Messages[0], "five"));

        var list = await rig.Client.GetThreadsAsync(Rig.Direct, "7");
        var page = await rig.Client.GetThreadMessagesAsync(Rig.Direct, timeline.Messages[0].MessageId, after: 3, limit: 9);

        Assert.Equal([1L], list.Threads.Select(message => message.SeqNo));
        Assert.Equal("7", list.Next);
        Assert.Equal(["five"], page.Messages.Select(message => message.Text));
        Assert.Equal(3, page.NextAfter);
        Assert.Contains(rig.Rest.Asked, asked => asked.EndsWith("/messages?after=3&limit=9", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unread_messages_that_mention_the_user_are_counted_as_they_come_and_as_the_list_says()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.Append(Rig.Direct, "bob", Mentioning("bob"));
            server.Append(Rig.Direct, "bob", Mentioning(Rig.Me));
            server.SetCursor(Rig.Direct, 2);
        });
        await MentionsAsync(rig, 2, 1);

        rig.Server.Push(Rig.Direct, "bob", Mentioning(Rig.Me));
        rig.Server.Push(Rig.Direct, "bob", Mentioning("@all"));
        rig.Server.Push(Rig.Direct, "bob", Mentioning("bob"));
        rig.Server.Push(Rig.Direct, Rig.Me, Mentioning("@all"), "elsewhere");
        await MentionsAsync(rig, 5, 3);

        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await timeline.LoadDownToAsync(1);
        await rig.Client.MarkReadAsync(Rig.Direct, 3);
        await MentionsAsync(rig, 2, 1);

        // Who is mentioned after an edit is in the list.
        rig.Server.PushChange(Rig.Direct, "bob", 5, new ChangeContent.Edit("now you") { Mentions = [Rig.Me] });
        await rig.AdvanceUntilAsync(() => rig.Client.FindConversation(Rig.Direct)!.UnreadMentions == 2, "an edit mentions the user");
        await rig.Client.MarkReadAsync(Rig.Direct, 6);
        await MentionsAsync(rig, 0, 0);
    }

    [Fact]
    public async Task An_edit_changes_whom_a_message_mentions_or_leaves_it()
    {
        await using var rig = await Talk.TalkingAsync();
        rig.Server.Push(Rig.Direct, Rig.Me, Mentioning("bob"), "elsewhere");
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Messages.Count == 5, "it is shown");

        await rig.Client.EditAsync(timeline.Messages[^1], "hello", ["bob"]);
        Assert.Empty(Talk.Changes(rig));
        await rig.Client.EditAsync(timeline.Messages[^1], "another");
        await Until.TrueAsync(() => timeline.Messages[^1] is { Text: "another", Mentions: ["bob"], ChangedSeqNo: 6 }, "the text is another one");
        Assert.Null(((EditFrame)Talk.Changes(rig)[^1]).Mentions);
        await rig.Client.EditAsync(timeline.Messages[^1], "another", []);
        await Until.TrueAsync(() => timeline.Messages[^1] is { Text: "another", Mentions: [], ChangedSeqNo: 7 }, "nobody is mentioned");

        // Of two edits that did not go out, the later one says nothing of the mentions.
        await Talk.GoOfflineAsync(rig);
        await rig.Client.EditAsync(timeline.Messages[^1], "you", ["bob"]);
        await rig.Client.EditAsync(timeline.Messages[^1], "you there");
        Assert.Equal(["bob"], timeline.Messages[^1].Mentions);
        await rig.ReconnectAsync();
        await Until.TrueAsync(() => rig.Server.Log(Rig.Direct)[^1] is { Text: "you there", Mentions: ["bob"] }, "the server has both");
    }

    [Fact]
    public async Task Whom_a_message_in_the_outbox_mentions_is_changed_there_and_after_it_was_sent()
    {
        await using var rig = await Talk.TalkingAsync();
        using var timeline = await Talk.LookAsync(rig);
        await Talk.GoOfflineAsync(rig);
        var waiting = await rig.Client.SendAsync(Rig.Direct, Mentioning("bob"));
        await rig.Client.EditAsync(waiting, "not bob", ["alice"]);
        Assert.Equal(["alice"], timeline.Outgoing[0].Mentions);
        rig.Server.Answer = _ => null;
        await rig.ReconnectAsync();
        await Until.TrueAsync(() => rig.Sends.Any(), "it is sent");

        await rig.Client.EditAsync(timeline.Outgoing[0], "not bob", []);
        Assert.Empty(timeline.Outgoing[0].Mentions);
        rig.Server.Answer = null;
        await rig.ReconnectAsync();

        await Until.TrueAsync(() => rig.Server.Log(Rig.Direct)[^1] is { Text: "not bob", Mentions: [], ChangedSeqNo: 6 }, "the server has it");
        var tooMany = await Assert.ThrowsAsync<ChatException>(() => rig.Client.SendAsync(Rig.Direct, new MessageContent("all") { Mentions = [.. Enumerable.Range(0, 51).Select(i => $"u{i}")] }));
        Assert.Equal(ErrorCodes.BadRequest, tooMany.Code);
    }

    [Fact]
    public void What_is_forwarded_takes_along_what_it_says_and_nothing_of_its_conversation()
    {
        var message = new Message(InFirst(new Message { MessageId = "m1", ConversationId = Rig.Direct, SeqNo = 1, SenderId = "bob" }, "two"))
        {
            MessageId = "m2", ConversationId = Rig.Direct, SeqNo = 2, SenderId = "bob", ReplyTo = "m1", Mentions = ["bob"], Pinned = true, ChangedSeqNo = 3, Seen = 1,
            Media = [new MessageMedia { MediaId = "x" }],
        };

        Assert.Equal(new MessageContent("two") { Forwarded = true, Media = message.Media }, MessageContent.ForwardedOf(message));
        Assert.Equal(
            new MessageContent("two") { ReplyTo = "m1", Mentions = ["bob"], ThreadId = "m1", ThreadSeqNo = 1, Media = message.Media }, MessageContent.ContentOf(message));
    }

    [Fact]
    public async Task A_note_to_self_is_a_conversation_with_oneself()
    {
        await using var rig = await Rig.OnlineAsync();

        await rig.Client.SendAsync("@me", "milk");

        await Until.TrueAsync(
            () => rig.Client.Conversations is [{ Id: "dm:alice:alice", Peer: Rig.Me, Kind: ConversationKind.Direct, UnreadCount: 0, LastMessage.Text: "milk" }], "it is there");
        Assert.Equal("dm:alice:alice", rig.Sends[^1].To);
        Assert.True(ConversationIds.IsNoteToSelf("dm:alice:alice"));
        Assert.False(ConversationIds.IsNoteToSelf(Rig.Direct));
        Assert.Equal("dm:alice:alice", ConversationIds.DirectWith(Rig.Me, Rig.Me));
    }

    private static MessageContent InFirst(Message root, string text) => new(text) { ThreadId = root.MessageId, ThreadSeqNo = root.SeqNo };

    private static MessageContent Mentioning(string user) => new("hello") { Mentions = [user] };

    private static Task ThreadAsync(Timeline timeline, MessageThread thread) =>
        Until.TrueAsync(() => thread.Equals(timeline.Messages[0].Thread), $"{thread} is shown", () => $"{timeline.Messages[0].Thread}");

    private static Task MentionsAsync(Rig rig, int unread, int mentions) => Until.TrueAsync(
        () => rig.Client.FindConversation(Rig.Direct) is { } shown && (shown.UnreadCount, shown.UnreadMentions) == (unread, mentions), $"{unread} are unread, {mentions} mention alice",
        () => $"{rig.Client.FindConversation(Rig.Direct)}");
}

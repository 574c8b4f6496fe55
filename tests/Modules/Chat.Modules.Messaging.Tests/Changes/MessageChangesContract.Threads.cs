using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

// Threads and mentions.
public abstract partial class MessageChangesContract
{
    private int _number;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_message_that_began_a_thread_shows_what_stands_in_it(bool reopens)
    {
        var root = await SayAsync(Alice, "1");
        var answers = new List<LoggedMessage>();
        foreach (var user in new[] { Bob, Carol, Bob, Alice, UserId.Parse("dave") })
            answers.Add(await SayInAsync(root, user, $"in {answers.Count}"));
        var after = await SayAsync(Bob, "after");
        if (reopens)
            await ReopenAsync();
        var delete = await ChangeAsync(answers[4].Delete(UserId.Parse("dave"), "delete"));

        var read = await ReadAllAsync();
        var thread = new MessageThread(4, answers[4].SeqNo, [Bob, Carol, Alice]);
        Assert.Equal(new MessageState { ChangedSeqNo = delete.SeqNo, Thread = thread }, read[0].State);
        Assert.Equal((Folding.TargetOf(root), null), (answers[0].Content.Thread, read[1].State));
        Assert.Equal((true, Folding.TargetOf(root)), (read[5].IsShown, read[5].Content.Thread));
        Assert.Null(after.Content.Thread);
        Assert.Equal(Folding.Fold(read), Folding.StatesOf(read));
        Assert.Equal(answers.Select(answer => answer.SeqNo), await ThreadAsync(root, SeqNo.None, 10));
        Assert.Equal([answers[1].SeqNo, answers[2].SeqNo], await ThreadAsync(root, answers[0].SeqNo, 2));
        Assert.Equal([answers[1].SeqNo, answers[0].SeqNo], await Log.ReadThreadAsync(AliceAndBob, root.SeqNo, null, answers[2].SeqNo, 10, Ct));
        Assert.Empty(await ThreadAsync(after, SeqNo.None, 10));
    }

    [Fact]
    public async Task A_deleted_message_keeps_the_thread_that_it_began()
    {
        var root = await SayAsync(Alice, "1", "secret");
        var first = await SayInAsync(root, Bob, "2");
        var delete = await ChangeAsync(root.Delete(Alice, "3"));
        var second = await SayInAsync(root, Carol, "4");

        var read = await ReadAllAsync();

        Assert.Equal(new MessageThread(2, second.SeqNo, [Bob, Carol]), read[0].State!.Thread);
        Assert.Equal((delete.SeqNo, second.SeqNo), (read[0].State!.Deletion!.Entry, read[0].State!.ChangedSeqNo));
        Assert.Equal([first.SeqNo, second.SeqNo], await ThreadAsync(root, SeqNo.None, 10));
    }

    [Fact]
    public async Task Messages_that_go_into_one_thread_together_are_all_counted()
    {
        var root = await SayAsync(Alice, "1");
        var deleted = await SayInAsync(root, Bob, "2");

        Task[] appends =
        [
            .. Enumerable.Range(0, 20).Select(n => Log.AppendAsync(In(root, Bob, $"in {n}"), Ct)),
            .. Enumerable.Range(0, 5).Select(n => Log.AppendChangeAsync(root.React(Bob, $"r{n}", $"emoji {n}"), Ct)),
            Log.AppendChangeAsync(deleted.Delete(Bob, "delete"), Ct),
        ];
        await Task.WhenAll(appends);

        var read = await ReadAllAsync();
        Assert.Equal((20, 5), (read[0].State!.Thread!.Count, read[0].State!.Reactions.Count));
        Assert.Equal(Folding.Fold(read), Folding.StatesOf(read));
        Assert.Equal(21, (await ThreadAsync(root, SeqNo.None, 100)).Count);
    }

    [Fact]
    public async Task Threads_are_listed_by_what_was_written_to_them_last()
    {
        var roots = new List<LoggedMessage>();
        for (var n = 0; n < 4; n++)
            roots.Add(await SayAsync(Alice, $"{n}"));
        foreach (var n in new[] { 2, 0, 1, 2 })
            await SayInAsync(roots[n], Bob, $"in {_number++}");

        Assert.Equal([new ThreadPlace(roots[2].SeqNo, new SeqNo(8)), new(roots[1].SeqNo, new SeqNo(7)), new(roots[0].SeqNo, new SeqNo(6))], await ThreadsAsync(new SeqNo(SeqNo.MaxValue), 10));
        Assert.Equal([new ThreadPlace(roots[1].SeqNo, new SeqNo(7))], await ThreadsAsync(new SeqNo(8), 1));
        Assert.Empty(await Log.ReadThreadsAsync(Team, new SeqNo(SeqNo.MaxValue), 10, Ct));

        async Task<IReadOnlyList<ThreadPlace>> ThreadsAsync(SeqNo before, int limit) => await Log.ReadThreadsAsync(AliceAndBob, before, limit, Ct);
    }

    [Fact]
    public async Task Whom_a_message_mentions_is_found_until_it_is_deleted_or_edited_away()
    {
        var toBob = await MentionAsync(Alice, "1", Mentions.Of([Bob, Carol]));
        var toAll = await MentionAsync(Alice, "2", Mentions.All);
        var edited = await MentionAsync(Alice, "3", Mentions.Of([Bob]));
        var byEdit = await SayAsync(Alice, "4");
        var elsewhere = (await Log.AppendAsync(Draft(Team, Alice, "5") with { Content = MessageContent.Of("hi") with { Mentions = Mentions.Of([Bob]) } }, Ct)).Message;
        await ChangeAsync(MentionIn(edited, "6", Mentions.None));
        await ChangeAsync(MentionIn(byEdit, "7", Mentions.Of([Bob])));
        await ChangeAsync(byEdit.Edit(Alice, "8", "another text"));

        Assert.Equal([byEdit.SeqNo, toAll.SeqNo, toBob.SeqNo], await MentionsAsync(Bob));
        Assert.Equal([toAll.SeqNo, toBob.SeqNo], await MentionsAsync(Carol));
        Assert.Equal([toAll.SeqNo], await MentionsAsync(Alice));
        Assert.Equal([elsewhere.SeqNo], await Log.ReadMentionsAsync(Team, Bob, SeqNo.None, elsewhere.SeqNo, 10, Ct));
        Assert.Equal([toAll.SeqNo], await Log.ReadMentionsAsync(AliceAndBob, Bob, toBob.SeqNo, toAll.SeqNo, 10, Ct));
        await ChangeAsync(toBob.Delete(Alice, "9"));
        await ChangeAsync(toAll.Delete(Alice, "10"));
        Assert.Equal([byEdit.SeqNo], await MentionsAsync(Bob));
        Assert.Empty(await MentionsAsync(Carol));
        await Log.EraseContentAsync(AliceAndBob, byEdit.SeqNo, Ct);
        Assert.Empty(await MentionsAsync(Bob));
    }

    private async Task<IReadOnlyList<SeqNo>> MentionsAsync(UserId user)
    {
        var places = await Log.ReadMentionsAsync(AliceAndBob, user, SeqNo.None, new SeqNo(100), 50, Ct);
        return [.. (await Log.ReadAtAsync(AliceAndBob, places, Ct)).OfType<LoggedMessage>().Where(message => message.ShownMentions.Include(user)).Select(message => message.SeqNo)];
    }

    private async Task<IReadOnlyList<SeqNo>> ThreadAsync(LoggedMessage root, SeqNo after, int limit) =>
        await Log.ReadThreadAsync(AliceAndBob, root.SeqNo, after, SeqNo.None, limit, Ct);

    private async Task<LoggedMessage> MentionAsync(UserId sender, string clientMsgId, Mentions mentions) =>
        (await Log.AppendAsync(Draft(AliceAndBob, sender, clientMsgId) with { Content = MessageContent.Of("hi") with { Mentions = mentions } }, Ct)).Message;

    private static MessageDraft MentionIn(LoggedMessage message, string clientMsgId, Mentions mentions)
    {
        var edit = message.Edit(message.Sender.User, clientMsgId, $"{message.Content.Text}");
        return edit with { Content = edit.Content with { Mentions = mentions } };
    }

    private async Task<LoggedMessage> SayInAsync(LoggedMessage root, UserId sender, string clientMsgId) => (await Log.AppendAsync(In(root, sender, clientMsgId), Ct)).Message;

    private static MessageDraft In(LoggedMessage root, UserId sender, string clientMsgId) =>
        Draft(AliceAndBob, sender, clientMsgId) with { Content = MessageContent.Of("in the thread") with { Thread = Folding.TargetOf(root) } };
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

// Notices: entries like changes, without a message that they are about.
public abstract partial class MessageChangesContract
{
    private static readonly ConversationNotice Created = new(ConversationNotice.Created) { Value = "Läufer 🏃", Users = [Bob, Carol] };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_notice_is_an_entry_and_no_message(bool reopens)
    {
        var created = await TellAsync(Alice, "n1", Created);
        var message = (await Log.AppendAsync(Draft(Team, Bob, "1"), Ct)).Message;
        var edit = await ChangeAsync(message.Edit(Bob, "2", "new"));
        var left = await TellAsync(Bob, "n2", new ConversationNotice(ConversationNotice.Left) { User = Bob });
        if (reopens)
            await ReopenAsync();

        var read = await Log.ReadAfterAsync(Team, SeqNo.None, 10, Ct);
        Assert.Equal([1, 2, 3, 4], read.Select(entry => entry.SeqNo.Value));
        Assert.Equal([created, edit, left], [read[0], read[2], read[3]]);
        Assert.Equal((Created, SeqNo.None, message.SeqNo), (read[0].Content.Notice, read[0].Content.PreviousMessage, read[3].Content.PreviousMessage));
        Assert.True(read[0].Content.IsChange && !read[0].IsShown && !read[0].Content.IsMessagePlace);
        Assert.Equal(read, await Log.ReadBeforeAsync(Team, new SeqNo(5), 10, Ct));
        Assert.Equal(Folding.Fold(read), Folding.StatesOf(read));
        Assert.Equal(new OthersCount(1, IsAll: true), await Log.CountOthersAsync(Team, Carol, SeqNo.None, left.SeqNo, 10, Ct));
        Assert.Equal(new OthersCount(0, IsAll: true), await Log.CountOthersAsync(Team, Bob, SeqNo.None, left.SeqNo, 10, Ct));
        Assert.Equal((false, true), (await Log.HasWrittenAsync(Alice, Team, Ct), await Log.HasWrittenAsync(Bob, Team, Ct)));
        Assert.Equal([left], await Log.ReadNewestAsync([Team], Ct));
    }

    [Fact]
    public async Task A_notice_again_is_answered_with_the_first()
    {
        var first = await TellAsync(Alice, "n1", Created);
        await Log.AppendAsync(Draft(Team, Bob, "1"), Ct);

        var again = await Log.AppendAsync(Notice(Alice, "n1", Created), Ct);
        await ReopenAsync();
        var later = await Log.AppendAsync(Notice(Alice, "n1", new ConversationNotice(ConversationNotice.TitleChanged) { Value = "other" }), Ct);

        Assert.Equal((first, true), (again.Message, again.Duplicate));
        Assert.Equal((first, true), (later.Message, later.Duplicate));
        Assert.Equal(2, (await Log.ReadAfterAsync(Team, SeqNo.None, 10, Ct)).Count);
    }

    [Fact]
    public async Task A_conversation_with_notices_alone_has_no_message()
    {
        var created = await TellAsync(Alice, "n1", Created);
        var renamed = await TellAsync(Alice, "n2", new ConversationNotice(ConversationNotice.TitleChanged) { Value = "other" });

        Assert.Equal((SeqNo.None, SeqNo.None), (created.Content.PreviousMessage, renamed.Content.PreviousMessage));
        Assert.Equal(new OthersCount(0, IsAll: true), await Log.CountOthersAsync(Team, Bob, SeqNo.None, renamed.SeqNo, 10, Ct));
        Assert.Equal([null], await Log.ReadAtAsync(Team, [SeqNo.None], Ct));
        await RefusedAsync(ErrorCodes.BadRequest, created.React(Bob, "1", "👍"));
        await RefusedAsync(ErrorCodes.BadRequest, created.Delete(Alice, "2"));
    }

    [Fact]
    public async Task Notices_and_messages_at_once_each_name_the_message_below_them()
    {
        await Task.WhenAll(Enumerable.Range(0, 60).Select(n => n % 3 == 0
            ? Log.AppendAsync(Draft(Team, Alice, $"m{n}"), Ct)
            : Log.AppendAsync(Notice(n % 2 == 0 ? Alice : Bob, $"n{n}", Created), Ct)));

        var newest = SeqNo.None;
        var read = await Log.ReadAfterAsync(Team, SeqNo.None, 100, Ct);
        Assert.Equal(60, read.Count);
        foreach (var entry in read)
        {
            Assert.Equal(entry.IsShown ? null : newest, entry.Content.PreviousMessage);
            newest = entry.IsShown ? entry.SeqNo : newest;
        }
    }

    private async Task<LoggedMessage> TellAsync(UserId sender, string id, ConversationNotice notice)
    {
        var appended = await Log.AppendAsync(Notice(sender, id, notice), Ct);
        Assert.False(appended.Duplicate);
        return appended.Message;
    }

    private static MessageDraft Notice(UserId sender, string id, ConversationNotice notice) =>
        new(Team, sender.Phone(), id, new MessageContent(default) { Kind = MessageKind.Notice, Notice = notice }, Now);
}

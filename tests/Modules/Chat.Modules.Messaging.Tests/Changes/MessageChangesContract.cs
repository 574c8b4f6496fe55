using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Tests.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

/// <summary>What every log promises of changes (<see cref="IMessageChanges"/>).</summary>
public abstract partial class MessageChangesContract : OpenedLog
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_are_entries_and_the_message_shows_what_they_add_up_to(bool reopens)
    {
        var message = await SayAsync(Alice, "1", "first");
        var edit = await ChangeAsync(message.Edit(Alice, "2", "second"));
        var on = await ChangeAsync(message.React(Bob, "3", "👍"));
        await ChangeAsync(message.React(Alice, "4", "👍"));
        await ChangeAsync(message.React(Bob, "5", "👍", on: false));
        var pin = await ChangeAsync(message.Pin(Bob, "6"));
        var after = await SayAsync(Bob, "7", "after");
        if (reopens)
            await ReopenAsync();

        var state = new MessageState
        {
            ChangedSeqNo = pin.SeqNo,
            Edit = new MessageEdit(edit.Content.Text, edit.Timestamp, Concurrent: false),
            Edits = [edit.SeqNo],
            Reactions = [new MessageReaction("👍", 1, [Alice])],
            Pin = new MessagePin(pin.SeqNo, Bob, On: true),
        };
        var read = await ReadAllAsync();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], read.Select(entry => entry.SeqNo.Value));
        Assert.Equal((message with { State = state }, "second", after), (read[0], $"{read[0].ShownText}", read[6]));
        Assert.Equal((edit, on, null), (read[1], read[2], read[2].State));
        Assert.Equal(read, await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(SeqNo.MaxValue), 100, Ct));
        Assert.Equal([read[0]], await Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 1, Ct));
        Assert.Equal([read[0], null, read[6]], await Log.ReadAtAsync(AliceAndBob, [new SeqNo(1), new SeqNo(99), new SeqNo(7)], Ct));
        Assert.Equal(read[0], await Log.FindAttemptAsync(Alice, "1", Ct));
        Assert.Equal(new MessageLocation(AliceAndBob, edit.SeqNo), await Log.FindAsync(edit.Id, Ct));
        Assert.Equal(Folding.Fold(read), Folding.StatesOf(read));
    }

    [Fact]
    public async Task The_newest_message_of_a_conversation_is_read_in_its_state()
    {
        var message = await SayAsync(Alice, "1");
        await Log.AppendAsync(Draft(Team, Alice, "2"), Ct);
        var edit = await ChangeAsync(message.Edit(Bob, "3", "new"));

        Assert.Equal([edit, null], (await Log.ReadNewestAsync([AliceAndBob, ConversationId.Direct(Alice, Carol)], Ct)));
        Assert.Equal("new", $"{(await Log.ReadAtAsync(AliceAndBob, [edit.Content.PreviousMessage!.Value], Ct))[0]!.ShownText}");
    }

    [Fact]
    public async Task What_is_so_already_is_answered_with_the_entry_that_made_it_so()
    {
        var message = await SayAsync(Alice, "1");
        var on = await ChangeAsync(message.React(Bob, "2", "👍"));
        await SameAsync(on, message.React(Bob, "3", "👍"));
        var off = await ChangeAsync(message.React(Bob, "4", "👍", on: false));
        await SameAsync(off, message.React(Bob, "5", "👍", on: false));
        var pin = await ChangeAsync(message.Pin(Alice, "6"));
        await SameAsync(pin, message.Pin(Bob, "7"));
        var unpin = await ChangeAsync(message.Pin(Bob, "8", on: false));
        await SameAsync(unpin, message.Pin(Alice, "9", on: false));
        var delete = await ChangeAsync(message.Delete(Alice, "10"));
        await SameAsync(delete, message.Delete(Bob, "11"));
        await ReopenAsync();
        await SameAsync(delete, message.Delete(Bob, "12"));

        Assert.Equal(delete.SeqNo, await Log.GetHeadAsync(AliceAndBob, Ct));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_leaves_nothing()
    {
        var message = await SayAsync(Alice, "1");
        var deleted = await SayAsync(Alice, "2");
        var pin = await ChangeAsync(message.Pin(Alice, "3"));
        await ChangeAsync(deleted.Delete(Alice, "4"));

        await RefusedAsync(ErrorCodes.Conflict, message.React(Bob, "a", "👍", on: false));
        await RefusedAsync(ErrorCodes.Conflict, deleted.Pin(Bob, "b", on: false));
        await RefusedAsync(ErrorCodes.Conflict, deleted.Edit(Alice, "c", "new"));
        await RefusedAsync(ErrorCodes.Conflict, deleted.React(Bob, "d", "👍"));
        await RefusedAsync(ErrorCodes.BadRequest, message.Edit(Alice, "e", "hello"));
        await RefusedAsync(ErrorCodes.BadRequest, pin.React(Bob, "f", "👍"));
        await RefusedAsync(ErrorCodes.NotAMember, (message with { SeqNo = new SeqNo(99) }).Delete(Alice, "g"));
        await RefusedAsync(ErrorCodes.NotAMember, (message with { Id = MessageId.New(Now) }).Delete(Alice, "h"));

        Assert.Equal(4, (await Log.GetHeadAsync(AliceAndBob, Ct)).Value);
        Assert.Null(await Log.FindAttemptAsync(Bob, "a", Ct));
    }

    [Fact]
    public async Task The_limits_hold()
    {
        var message = await SayAsync(Alice, "1");
        for (var n = 0; n < ChangeLimits.Default.Reactions; n++)
            await ChangeAsync(message.React(Bob, $"r{n}", $"emoji {n}"));

        await RefusedAsync(ErrorCodes.TooLarge, message.React(Alice, "more", "another"));
        await ChangeAsync(message.React(Alice, "same", "emoji 0"));
        await ChangeAsync(message.React(Bob, "off", "emoji 7", on: false));
        await ChangeAsync(message.React(Alice, "again", "another"));
    }

    [Fact]
    public async Task A_retry_is_answered_with_its_entry_whatever_came_since()
    {
        var message = await SayAsync(Alice, "1");
        var on = await ChangeAsync(message.React(Bob, "on", "👍"));
        await ChangeAsync(message.React(Bob, "off", "👍", on: false));

        await SameAsync(on, message.React(Bob, "on", "👍"));
        await ChangeAsync(message.Edit(Alice, "edit", "new"));
        await ChangeAsync(message.Delete(Alice, "delete"));
        var retry = (await Log.AppendChangeAsync(message.Edit(Alice, "edit", "new"), Ct)).Value;

        Assert.Equal((4, true), (retry.Message.SeqNo.Value, retry.Duplicate));
        Assert.Equal(MessageKind.Erased, retry.Message.Content.Kind);
    }

    [Fact]
    public async Task A_message_is_stored_though_a_change_with_its_id_is_refused_meanwhile()
    {
        var message = await SayAsync(Alice, "1");

        var refused = Log.AppendChangeAsync(message.React(Bob, "same", "👍", on: false), Ct);
        var sent = Log.AppendAsync(Draft(AliceAndBob, Bob, "same"), Ct);

        Assert.Equal(ErrorCodes.Conflict, (await refused).Error?.Code);
        Assert.Equal((2, false), ((await sent).Message.SeqNo.Value, (await sent).Duplicate));
    }

    [Fact]
    public async Task Of_the_same_at_once_one_counts()
    {
        var message = await SayAsync(Alice, "1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Log.AppendChangeAsync(message.React(Bob, $"{n}", "👍"), Ct)));
        var deletions = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Log.AppendChangeAsync(message.Delete(n % 2 == 0 ? Alice : Bob, $"d{n}"), Ct)));

        Assert.Equal(new SeqNo(2), Assert.Single(answers.Select(answer => answer.Value.Message.SeqNo).Distinct()));
        Assert.Equal(new SeqNo(3), Assert.Single(deletions.Select(answer => answer.Value.Message.SeqNo).Distinct()));
        Assert.Equal((1, 1), (answers.Count(answer => !answer.Value.Duplicate), deletions.Count(answer => !answer.Value.Duplicate)));
        Assert.Equal(3, (await ReadAllAsync()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deletion_leaves_the_place_and_erases_texts_reactions_and_pin(bool reopens)
    {
        var message = await SayAsync(Alice, "1", "secret");
        var beside = await SayAsync(Alice, "2", "beside");
        await ChangeAsync(message.Edit(Alice, "3", "secret again"));
        await ChangeAsync(message.React(Bob, "4", "👍"));
        await ChangeAsync(message.Pin(Bob, "5"));
        await ChangeAsync(beside.React(Bob, "6", "👍"));
        var delete = await ChangeAsync(message.Delete(Alice, "7"));
        if (reopens)
            await ReopenAsync();

        var read = await ReadAllAsync();
        var deletion = new MessageDeletion(Alice, delete.Timestamp, delete.SeqNo);
        Assert.Equal(message with { Content = MessageContent.Erased, State = new MessageState { ChangedSeqNo = delete.SeqNo, Edits = [new SeqNo(3)], Deletion = deletion } }, read[0]);
        Assert.True(read[0].IsShown);
        Assert.Equal((MessageKind.Erased, false), (read[2].Content.Kind, read[2].IsShown));
        Assert.DoesNotContain(read, entry => $"{entry.Content.Text}{entry.ShownText}".Contains("secret", StringComparison.Ordinal));
        Assert.Empty((await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, null, null, 10, Ct)).Found);
        Assert.Empty(await Log.ReadPinsAsync(AliceAndBob, Ct));
        Assert.Equal([beside.SeqNo], (await Log.ReadOwnReactionsAsync(AliceAndBob, [message.SeqNo, beside.SeqNo], Bob, Ct)).Keys);
        Assert.Equal(1, (await Log.CountOthersAsync(AliceAndBob, Bob, SeqNo.None, delete.SeqNo, 10, Ct)).Count);
        Assert.Equal(Folding.Fold(read), Folding.StatesOf(read));
    }

    [Fact]
    public async Task The_reactions_of_a_deleted_message_are_holes_at_once_wherever_a_page_begins()
    {
        var message = await SayAsync(Alice, "1");
        var beside = await SayAsync(Alice, "2");
        await ChangeAsync(message.React(Bob, "3", "👍"));
        await ChangeAsync(message.React(Bob, "4", "👍", on: false));
        var other = await ChangeAsync(beside.React(Bob, "5", "👍"));
        await ChangeAsync(message.Delete(Alice, "6"));

        var all = await ReadAllAsync();
        Assert.Equal([MessageKind.Erased, MessageKind.Erased, MessageKind.Reaction, MessageKind.Delete], all.Skip(2).Select(entry => entry.Content.Kind));
        Assert.All(all.Skip(2), entry => Assert.Equal(beside.SeqNo, entry.Content.PreviousMessage));
        Assert.Equal([all[2], all[3], other], await Log.ReadAfterAsync(AliceAndBob, beside.SeqNo, 3, Ct));
        Assert.Equal([all[3], other], await Log.ReadBeforeAsync(AliceAndBob, other.SeqNo.Next, 2, Ct));
    }

    [Fact]
    public async Task Only_messages_are_unread_and_only_they_were_written()
    {
        var first = await SayAsync(Alice, "1");
        for (var n = 0; n < 30; n++)
            await ChangeAsync(first.React(Bob, $"r{n}", "👍", on: n % 2 == 0));
        var second = await SayAsync(Alice, "2");
        var last = await ChangeAsync(second.React(Bob, "last", "👍"));

        Assert.Equal(new OthersCount(2, IsAll: true), await Log.CountOthersAsync(AliceAndBob, Bob, SeqNo.None, last.SeqNo, 10, Ct));
        Assert.Equal(new OthersCount(1, IsAll: true), await Log.CountOthersAsync(AliceAndBob, Bob, first.SeqNo, last.SeqNo, 10, Ct));
        Assert.Equal(new OthersCount(0, IsAll: true), await Log.CountOthersAsync(AliceAndBob, Bob, first.SeqNo, new SeqNo(20), 10, Ct));
        Assert.Equal(new OthersCount(1, IsAll: false), await Log.CountOthersAsync(AliceAndBob, Bob, SeqNo.None, last.SeqNo, 1, Ct));
        Assert.Equal(new OthersCount(0, IsAll: true), await Log.CountOthersAsync(AliceAndBob, Alice, SeqNo.None, last.SeqNo, 10, Ct));
        Assert.Equal((true, false), (await Log.HasWrittenAsync(Alice, AliceAndBob, Ct), await Log.HasWrittenAsync(Bob, AliceAndBob, Ct)));
    }

    [Fact]
    public async Task A_change_says_which_message_is_below_it_also_after_it_was_erased()
    {
        var first = await SayAsync(Alice, "1");
        await ChangeAsync(first.Edit(Alice, "2", "new"));
        var second = await SayAsync(Alice, "3");
        await ReopenAsync();
        await ChangeAsync(first.Pin(Alice, "4"));
        await ReopenAsync();
        await ChangeAsync(first.Delete(Alice, "5"));

        Assert.Equal([null, first.SeqNo, null, second.SeqNo, second.SeqNo], (await ReadAllAsync()).Select(entry => entry.Content.PreviousMessage));
    }

    [Fact]
    public async Task Reactions_are_listed_with_who_set_them_in_pages()
    {
        var message = await SayAsync(Alice, "1");
        UserId[] users = [Carol, Alice, UserId.Parse("dave"), Bob];
        foreach (var user in users)
            await ChangeAsync(message.React(user, "thumb", "👍"));
        var heart = await ChangeAsync(message.React(Bob, "heart", "❤️"));
        await ChangeAsync(message.React(Carol, "off", "👍", on: false));

        var all = new List<UserReaction>();
        ReactionPlace? after = null;
        do
        {
            var read = await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, null, after, 2, Ct);
            all.AddRange(read.Found);
            after = read.Next;
        }
        while (after is not null);
        Assert.Equal(
            [(Alice, "👍"), (Bob, "❤️"), (Bob, "👍"), (UserId.Parse("dave"), "👍")], all.Select(reaction => (reaction.User, reaction.Emoji)));
        Assert.Equal([new UserReaction(Bob, "❤️", heart.SeqNo)], (await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, "❤️", null, 10, Ct)).Found);
        Assert.Equal(["❤️", "👍"], (await Log.ReadOwnReactionsAsync(AliceAndBob, [message.SeqNo], Bob, Ct))[message.SeqNo]);
        Assert.Empty(await Log.ReadOwnReactionsAsync(AliceAndBob, [message.SeqNo], Carol, Ct));
    }

    [Fact]
    public async Task A_read_of_one_emoji_passes_over_a_bounded_number_of_others()
    {
        var message = await SayAsync(Alice, "1");
        var users = Enumerable.Range(0, ReactionsRead.MaxLookedAt + 50).Select(n => UserId.Parse($"user{n:D4}")).ToList();
        await Task.WhenAll(users.Select(user => Log.AppendChangeAsync(message.React(user, "thumb", "👍"), Ct)));
        await ChangeAsync(message.React(users[^1], "heart", "❤️"));
        await Task.WhenAll(users[..100].Select(user => Log.AppendChangeAsync(message.React(user, "off", "👍", on: false), Ct)));

        var first = await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, "❤️", null, 10, Ct);
        var second = await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, "❤️", first.Next, 10, Ct);

        Assert.Empty(first.Found);
        Assert.Equal(new ReactionPlace(users[ReactionsRead.MaxLookedAt - 1], "👍"), first.Next);
        Assert.Equal((users[^1], null), (Assert.Single(second.Found).User, second.Next));
        Assert.Equal(users[100], (await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, null, null, 1, Ct)).Found[0].User);
    }

    [Fact]
    public async Task Pins_are_listed_the_newest_first()
    {
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < 4; n++)
            messages.Add(await SayAsync(Alice, $"{n}"));
        foreach (var n in new[] { 2, 0, 1 })
            await ChangeAsync(messages[n].Pin(Bob, $"pin {n}"));
        await ChangeAsync(messages[0].Pin(Bob, "off", on: false));
        await Log.AppendAsync(Draft(Team, Alice, "elsewhere"), Ct);

        Assert.Equal([messages[1].SeqNo, messages[2].SeqNo], await Log.ReadPinsAsync(AliceAndBob, Ct));
        Assert.Empty(await Log.ReadPinsAsync(Team, Ct));
    }

    [Fact]
    public async Task A_page_is_as_large_as_what_its_messages_say_now()
    {
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < 3; n++)
            messages.Add(await SayAsync(Alice, $"{n}"));
        foreach (var message in messages)
            await ChangeAsync(message.Edit(Alice, $"edit {message.SeqNo}", new string('x', 5_000)));

        var up = await Log.ReadAfterAsync(AliceAndBob, SeqNo.None, new ReadLimit(3, 12_000), Ct);
        var down = await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(4), new ReadLimit(3, 12_000), Ct);

        Assert.All([up, down], page => Assert.True(page.Count is 1 or 2 && page.Sum(message => message.MaxJsonBytes()) <= 12_000));
        Assert.Equal((1, 3), (up[0].SeqNo.Value, down[^1].SeqNo.Value));
    }

    [Fact]
    public async Task An_erased_message_loses_its_state_too()
    {
        var message = await SayAsync(Alice, "1", "secret");
        await ChangeAsync(message.Edit(Alice, "2", "secret again"));
        await ChangeAsync(message.Pin(Alice, "3"));

        await Log.EraseContentAsync(AliceAndBob, message.SeqNo, Ct);

        var read = await ReadAllAsync();
        Assert.Equal(message with { Content = MessageContent.Erased }, read[0]);
        Assert.False(read[0].IsShown);
        Assert.Equal((MessageKind.Erased, message.SeqNo), (read[1].Content.Kind, read[1].Content.PreviousMessage));
        Assert.Empty(await Log.ReadPinsAsync(AliceAndBob, Ct));
        await RefusedAsync(ErrorCodes.NotAMember, message.React(Bob, "4", "👍"));
    }

    // Taken back or not: otherwise one user could leave thousands of rows on a message.
    [Fact]
    public async Task A_user_sets_a_limited_number_of_different_emoji_on_a_message_over_time()
    {
        var message = await SayAsync(Alice, "1");
        for (var n = 0; n < ChangeLimits.Default.OwnReactions; n += 20)
        {
            foreach (var on in new[] { true, false })
            {
                var set = await Task.WhenAll(Enumerable.Range(n, 20).Select(emoji => Log.AppendChangeAsync(message.React(Bob, $"{emoji} {on}", $"e{emoji}", on), Ct)));
                Assert.All(set, one => Assert.False(one.Value.Duplicate));
            }
        }

        await RefusedAsync(ErrorCodes.TooLarge, message.React(Bob, "more", "more"));
        Assert.Equal(ErrorCodes.TooLarge, (ChangeJudge.Judge((await Log.ReadFactsAsync(message.React(Bob, "more", "more"), Ct))!, message.React(Bob, "more", "more"), new SeqNo(999), ChangeLimits.Default)
            as Refused)?.Error.Code);
        // One of those again, and somebody else's.
        await ChangeAsync(message.React(Bob, "again", "e7"));
        await ChangeAsync(message.React(Carol, "carol", "more"));
        Assert.Equal(Folding.Fold(await ReadAllAsync()), Folding.StatesOf(await ReadAllAsync()));
    }

    // In one batch they are judged one after the other.
    [Fact]
    public async Task The_limit_holds_for_emoji_that_are_set_at_once()
    {
        var message = await SayAsync(Alice, "1");
        for (var n = 0; n < 80; n += 20)
        {
            foreach (var on in new[] { true, false })
                await Task.WhenAll(Enumerable.Range(n, 20).Select(emoji => Log.AppendChangeAsync(message.React(Bob, $"{emoji} {on}", $"e{emoji}", on), Ct)));
        }
        var kept = await Task.WhenAll(Enumerable.Range(80, 19).Select(emoji => Log.AppendChangeAsync(message.React(Bob, $"{emoji}", $"e{emoji}"), Ct)));
        Assert.All(kept, one => Assert.True(one.IsOk));
        await Task.WhenAll(Enumerable.Range(80, 19).Select(emoji => Log.AppendChangeAsync(message.React(Bob, $"{emoji} off", $"e{emoji}", on: false), Ct)));

        var last = await Task.WhenAll(Enumerable.Range(99, 5).Select(emoji => Log.AppendChangeAsync(message.React(Bob, $"{emoji}", $"e{emoji}"), Ct)));

        Assert.Single(last, one => one.IsOk);
    }

    private protected async Task<LoggedMessage> SayAsync(UserId sender, string clientMsgId, string text = "hello") =>
        (await Log.AppendAsync(Draft(AliceAndBob, sender, clientMsgId, text), Ct)).Message;

    private protected async Task<LoggedMessage> ChangeAsync(MessageDraft change)
    {
        var appended = (await Log.AppendChangeAsync(change, Ct)).Value;
        Assert.False(appended.Duplicate);
        return appended.Message;
    }

    private protected async Task<IReadOnlyList<LoggedMessage>> ReadAllAsync() => await Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 1_000, Ct);

    private async Task SameAsync(LoggedMessage entry, MessageDraft change)
    {
        var answer = (await Log.AppendChangeAsync(change, Ct)).Value;
        Assert.Equal((entry, true), (answer.Message, answer.Duplicate));
    }

    private async Task RefusedAsync(string code, MessageDraft change) => Assert.Equal(code, (await Log.AppendChangeAsync(change, Ct)).Error?.Code);
}

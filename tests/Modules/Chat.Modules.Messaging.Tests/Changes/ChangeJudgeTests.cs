using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using FsCheck;
using FsCheck.Fluent;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

public sealed class ChangeJudgeTests
{
    private static readonly ChangeLimits Limits = new(Edits: 2, Reactions: 2, Pins: 2, OwnReactions: 3);
    private static readonly LoggedMessage Message = Draft(AliceAndBob, Alice, "1").ToMessage(MessageId.New(Now), new SeqNo(5));
    private static readonly MessageState Deleted = new() { ChangedSeqNo = new SeqNo(8), Deletion = new MessageDeletion(Bob, Now, new SeqNo(8)) };

    [Fact]
    public void An_edit_is_the_present_text()
    {
        var first = Effect(Message, Message.Edit(Alice, "2", "new"), seqNo: 7);
        var second = Effect(Message with { State = first.State }, Message.Edit(Bob, "3", "newer"), seqNo: 9);

        Assert.Equal(new MessageState { ChangedSeqNo = new SeqNo(7), Edit = new MessageEdit(Utf8Text.Of("new"), Now, false), Edits = [new SeqNo(7)] }, first.State);
        Assert.Equal(("newer", 9), ($"{second.State.Edit!.Text}", second.State.ChangedSeqNo.Value));
        Assert.Equal([7, 9], second.State.Edits.Select(seqNo => seqNo.Value));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0, true)]
    [InlineData(6, true)]
    [InlineData(7, false)]
    [InlineData(8, false)]
    public void An_edit_whose_editor_had_not_seen_the_one_before_is_concurrent(int? basedOn, bool isConcurrent)
    {
        var edited = Message with { State = Effect(Message, Message.Edit(Alice, "2", "new", SeqNo.None), seqNo: 7).State };

        var effect = Effect(edited, Message.Edit(Alice, "3", "newer", basedOn is { } seqNo ? new SeqNo(seqNo) : null), seqNo: 9);

        Assert.False(edited.State.Edit!.Concurrent);
        Assert.Equal((isConcurrent, isConcurrent), (effect.State.Edit!.Concurrent, effect.Content.Change!.Concurrent));
    }

    [Fact]
    public void An_edit_that_changes_nothing_or_is_one_too_many_is_refused()
    {
        var edited = Message with { State = Effect(Message, Message.Edit(Alice, "2", "new")).State };
        var twice = Message with { State = Effect(edited, Message.Edit(Alice, "3", "hello")).State };

        Assert.Equal(MessagingErrors.TextUnchanged, Refusal(Message, Message.Edit(Alice, "2", "hello")));
        Assert.Equal(MessagingErrors.TextUnchanged, Refusal(edited, Message.Edit(Alice, "3", "new")));
        Assert.Equal(MessagingErrors.TooManyEdits(2), Refusal(twice, Message.Edit(Alice, "4", "another")));
    }

    [Fact]
    public void A_deletion_leaves_nothing_but_who_when_and_which_texts_are_to_be_erased()
    {
        var state = new MessageState
        {
            ChangedSeqNo = new SeqNo(7),
            Edit = new MessageEdit(Utf8Text.Of("new"), Now, false),
            Edits = [new SeqNo(6)],
            Reactions = [new MessageReaction("👍", 1, [Alice])],
            Pin = new MessagePin(new SeqNo(7), Alice, true),
            Unknown = new byte[] { 0x68, 1 },
        };

        Assert.Equal(Deleted with { Edits = [new SeqNo(6)] }, Effect(Message with { State = state }, Message.Delete(Bob, "2"), seqNo: 8).State);
    }

    [Fact]
    public void Of_a_deleted_message_only_the_deletion_is_left()
    {
        var deleted = Message.In(Deleted);

        Assert.Equal(new AlreadySo(new SeqNo(8)), Judge(deleted, Message.Delete(Alice, "2")));
        MessageDraft[] others = [Message.Edit(Alice, "3", "new"), Message.React(Alice, "4", "👍"), Message.React(Alice, "5", "👍", on: false), Message.Pin(Alice, "6"), Message.Pin(Alice, "7", on: false)];
        Assert.All(others, other => Assert.Equal(MessagingErrors.MessageDeleted, Refusal(deleted, other)));
    }

    [Fact]
    public void Reactions_are_counted_and_the_first_users_named()
    {
        var state = default(MessageState);
        UserId[] users = [Carol, Alice, Bob, UserId.Parse("dave")];
        foreach (var user in users)
            state = Effect(Message with { State = state }, Message.React(user, "1", "👍")).State;
        state = Effect(Message with { State = state }, Message.React(Bob, "2", "❤️")).State;
        Assert.Equal([new MessageReaction("👍", 4, [Carol, Alice, Bob]), new MessageReaction("❤️", 1, [Bob])], state.Reactions);

        state = Effect(Message with { State = state }, Message.React(Alice, "3", "👍", on: false), new OwnReaction(new SeqNo(6), On: true)).State;
        Assert.Equal(new MessageReaction("👍", 3, [Carol, Bob]), state.Reactions[0]);
        state = Effect(Message with { State = state }, Message.React(Alice, "4", "👍"), new OwnReaction(new SeqNo(7), On: false)).State;
        Assert.Equal(new MessageReaction("👍", 4, [Carol, Bob, Alice]), state.Reactions[0]);
        state = Effect(Message with { State = state }, Message.React(Bob, "5", "❤️", on: false), new OwnReaction(new SeqNo(8), On: true)).State;
        Assert.Equal(["👍"], state.Reactions.Select(reaction => reaction.Emoji));
    }

    [Fact]
    public void A_reaction_that_is_so_adds_nothing_and_what_was_never_on_cannot_be_taken_back()
    {
        var on = new OwnReaction(new SeqNo(6), On: true);

        Assert.Equal(new AlreadySo(new SeqNo(6)), Judge(Message, Message.React(Bob, "1", "👍"), on));
        Assert.Equal(new AlreadySo(new SeqNo(6)), Judge(Message, Message.React(Bob, "1", "👍", on: false), on with { On = false }));
        Assert.Equal(MessagingErrors.NothingToTakeBack, Refusal(Message, Message.React(Bob, "1", "👍", on: false)));
    }

    [Fact]
    public void Only_so_many_different_emoji_stand_on_a_message()
    {
        var full = Message with { State = new MessageState { Reactions = [new MessageReaction("👍", 1, [Alice]), new MessageReaction("❤️", 1, [Alice])] } };

        Assert.Equal(MessagingErrors.TooManyReactions(2), Refusal(full, Message.React(Bob, "1", "😂")));
        Assert.Equal(2, Effect(full, Message.React(Bob, "1", "❤️")).State.Reactions[1].Count);
    }

    [Fact]
    public void A_pin_is_set_and_taken_back_once()
    {
        var pinned = Message with { State = Effect(Message, Message.Pin(Bob, "1"), seqNo: 7).State };
        var taken = Message with { State = Effect(pinned, Message.Pin(Alice, "2", on: false), seqNo: 8).State };

        Assert.Equal(new MessagePin(new SeqNo(7), Bob, On: true), pinned.State.Pin);
        Assert.Equal(new MessagePin(new SeqNo(8), Alice, On: false), taken.State.Pin);
        Assert.Equal(new AlreadySo(new SeqNo(7)), Judge(pinned, Message.Pin(Alice, "3")));
        Assert.Equal(new AlreadySo(new SeqNo(8)), Judge(taken, Message.Pin(Bob, "4", on: false)));
        Assert.Equal(MessagingErrors.NothingToTakeBack, Refusal(Message, Message.Pin(Bob, "5", on: false)));
        Assert.Equal(MessagingErrors.TooManyPins(2), Refusal(Message, Message.Pin(Bob, "6"), pins: 2));
        Assert.True(Effect(taken, Message.Pin(Bob, "7"), pins: 1).State.IsPinned);
    }

    [Fact]
    public void What_is_no_message_cannot_be_changed()
    {
        var change = Message with { Content = Message.Edit(Alice, "1", "new").Content };
        var erased = Message with { Content = MessageContent.Erased };
        var newer = Message with { Content = MessageContent.Of("hi") with { Kind = (MessageKind)200 } };
        var another = Message with { Id = MessageId.New(Now) };

        Assert.Equal(MessagingErrors.TargetIsChange, Refusal(change, Message.Delete(Alice, "2")));
        Assert.All([erased, newer, another], target => Assert.Equal(MessagingErrors.NotAMember, Refusal(target, Message.Delete(Alice, "2"))));
    }

    // The same function folds what it has let in, so a second one, written as a table of what is set, says what must come out.
    [Fact]
    public void Whatever_is_wished_in_any_order_the_state_is_what_was_let_in()
    {
        string[] emoji = ["👍", "❤️", "😂"];
        UserId[] users = [Alice, Bob, Carol];
        var wish = from kind in Gen.Choose(0, 9) from user in Gen.Choose(0, 2) from which in Gen.Choose(0, 2) select (kind, user, which);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(wish.ListOf().ToArbitrary(), wishes =>
        {
            var (message, seqNo) = (Message, Message.SeqNo);
            var own = new Dictionary<(UserId, string), OwnReaction>();
            var set = new HashSet<(UserId User, string Emoji)>();
            var (text, isPinned, edits, isDeleted) = ("hello", false, 0, false);
            var entries = new List<LoggedMessage> { Message };
            foreach (var (kind, by, which) in wishes)
            {
                var (user, symbol) = (users[by], emoji[which]);
                var draft = kind switch
                {
                    0 when which == 0 => Message.Delete(user, "x"),
                    0 or 1 => Message.Edit(user, "x", $"text {which}"),
                    2 or 3 or 4 => Message.React(user, "x", symbol),
                    5 or 6 => Message.React(user, "x", symbol, on: false),
                    _ => Message.Pin(user, "x", on: which > 0),
                };
                var before = (text, isPinned, edits, isDeleted, set.Count);
                var facts = new ChangeFacts(message, own.TryGetValue((user, symbol), out var known) ? known : null, isPinned ? 1 : 0);
                if (ChangeJudge.Judge(facts, draft, seqNo.Next, Limits) is not Effect effect)
                    continue;
                seqNo = seqNo.Next;
                Assert.False(isDeleted);
                switch (draft.Content.Kind)
                {
                    case MessageKind.Edit:
                        (text, edits) = ($"{draft.Content.Text}", edits + 1);
                        break;
                    case MessageKind.Delete:
                        isDeleted = true;
                        break;
                    case MessageKind.Reaction when draft.Content.Change!.On:
                        set.Add((user, symbol));
                        break;
                    case MessageKind.Reaction:
                        set.Remove((user, symbol));
                        break;
                    default:
                        isPinned = draft.Content.Change!.On;
                        break;
                }
                Assert.NotEqual(before, (text, isPinned, edits, isDeleted, set.Count));
                if (draft.Content.Kind == MessageKind.Reaction)
                    own[(user, symbol)] = new OwnReaction(seqNo, draft.Content.Change!.On);
                message = message.In(effect.State);
                entries.Add((draft with { Content = effect.Content with { PreviousMessage = Message.SeqNo } }).ToMessage(MessageId.New(Now), seqNo));
            }
            var state = message.State ?? new MessageState();
            Assert.Equal((isDeleted, isDeleted ? "" : text, isPinned && !isDeleted), (state.Deletion is not null, $"{message.ShownText}", state.IsPinned));
            Assert.Equal(
                isDeleted ? [] : set.GroupBy(one => one.Emoji).Select(group => (group.Key, group.Count())).Order(), state.Reactions.Select(one => (one.Emoji, one.Count)).Order());
            Assert.True(state.Edits.Count <= Limits.Edits && state.Reactions.Count <= Limits.Reactions);
            Assert.Equal(Folding.StatesOf([message]), Folding.Fold(entries, Limits));
        }));
    }

    private static Verdict Judge(LoggedMessage target, MessageDraft change, OwnReaction? own = null, int pins = 0, long seqNo = 9) =>
        ChangeJudge.Judge(new ChangeFacts(target, own, pins), change, new SeqNo(seqNo), Limits);

    private static Effect Effect(LoggedMessage target, MessageDraft change, OwnReaction? own = null, int pins = 0, long seqNo = 9) =>
        Assert.IsType<Effect>(Judge(target, change, own, pins, seqNo));

    private static Error Refusal(LoggedMessage target, MessageDraft change, int pins = 0) => Assert.IsType<Refused>(Judge(target, change, pins: pins)).Error;
}

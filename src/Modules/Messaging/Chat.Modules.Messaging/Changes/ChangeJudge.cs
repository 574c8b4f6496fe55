using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Changes;

/// <summary>
/// Says what a change does to its message in the state in which it is. The log's writer asks it for each change, so the entries of a message, folded with the same function,
/// give its state. Who may change what, and until when, is not its business.
/// </summary>
internal static class ChangeJudge
{
    /// <param name="seqNo">The seqNo that the entry will have.</param>
    public static Verdict Judge(ChangeFacts facts, MessageDraft change, SeqNo seqNo, ChangeLimits limits)
    {
        var target = facts.Target;
        if (target.Content.IsChange)
            return MessagingErrors.TargetIsChange;
        if (!target.IsShown || target.Id != change.Content.Change!.Target.Id)
            return MessagingErrors.NotAMember;
        if (target.State?.Deletion is { } deletion)
            return change.Content.Kind == MessageKind.Delete ? new AlreadySo(deletion.Entry) : MessagingErrors.MessageDeleted;
        var state = (target.State ?? new MessageState()) with { ChangedSeqNo = seqNo };
        Verdict verdict = change.Content.Kind switch
        {
            MessageKind.Edit => Edit(target, state, change, seqNo, limits),
            MessageKind.Delete => Delete(facts.Root, state, change, seqNo),
            MessageKind.Reaction when change.Content.Change.On => React(facts, state, change, limits),
            MessageKind.Reaction => TakeBack(facts.Own, state, change),
            MessageKind.Pin => Pin(facts.Pins, state, change, seqNo, limits),
            var kind => throw new ArgumentException($"An entry of kind {kind} changes no message.", nameof(change)),
        };
        // A change is not shown any longer than its message.
        return verdict is Effect effect && target.Content.ExpiresAt is { } expiresAt ? effect with { Content = effect.Content with { ExpiresAt = expiresAt } } : verdict;
    }

    /// <summary>What a timer does in a conversation; <see cref="Accepted"/> where it is appended.</summary>
    /// <param name="before">The one in force; null where none was ever set.</param>
    public static Verdict JudgeTimer(ConversationTimer? before, int seconds) =>
        before?.Seconds == seconds ? new AlreadySo(before.Entry)
        : before is null && seconds == 0 ? MessagingErrors.NothingToTakeBack
        : new Accepted();

    private static Verdict Edit(LoggedMessage target, MessageState state, MessageDraft change, SeqNo seqNo, ChangeLimits limits)
    {
        var content = change.Content;
        if (content.Text == target.ShownText && (content.Mentions is null || content.Mentions == target.ShownMentions))
            return MessagingErrors.TextUnchanged;
        if (state.Edits.Count >= limits.Edits)
            return MessagingErrors.TooManyEdits(limits.Edits);
        var isConcurrent = content.Change!.BasedOn is { } basedOn && state.Edits.Count > 0 && basedOn < state.Edits[^1];
        return new Effect(
            state with { Edit = new MessageEdit(content.Text, Milliseconds(change.Now), isConcurrent, content.Mentions ?? state.Edit?.Mentions), Edits = [.. state.Edits, seqNo] },
            content with { Change = content.Change with { Concurrent = isConcurrent } });
    }

    private static Effect Delete(MessageState? root, MessageState state, MessageDraft change, SeqNo seqNo) => new(
        new MessageState
        {
            ChangedSeqNo = seqNo,
            Edits = state.Edits,
            Deletion = new MessageDeletion(change.Sender.User, Milliseconds(change.Now), seqNo),
            Thread = state.Thread,
        },
        change.Content)
    {
        Root = change.Content.Thread is null ? null : ThreadFold.Remove(root, seqNo),
    };

    private static Verdict React(ChangeFacts facts, MessageState state, MessageDraft change, ChangeLimits limits)
    {
        if (facts.Own is { On: true } set)
            return new AlreadySo(set.Entry);
        var (emoji, user) = (change.Content.Change!.Emoji!, change.Sender.User);
        var index = IndexOf(state, emoji);
        if (index < 0 && state.Reactions.Count >= limits.Reactions)
            return MessagingErrors.TooManyReactions(limits.Reactions);
        if (facts.Own is null && facts.OwnEmoji >= limits.OwnReactions)
            return MessagingErrors.TooManyOwnReactions(limits.OwnReactions);
        if (index < 0)
            return new Effect(state with { Reactions = [.. state.Reactions, new MessageReaction(emoji, 1, [user])] }, change.Content);
        var before = state.Reactions[index];
        IReadOnlyList<UserId> users = before.Users.Count < MessageReaction.MaxUsers ? [.. before.Users, user] : before.Users;
        return new Effect(With(state, index, before with { Count = before.Count + 1, Users = users }), change.Content);
    }

    private static Verdict TakeBack(OwnReaction? own, MessageState state, MessageDraft change)
    {
        if (own is not { } known)
            return MessagingErrors.NothingToTakeBack;
        if (!known.On)
            return new AlreadySo(known.Entry);
        var index = IndexOf(state, change.Content.Change!.Emoji!);
        var before = state.Reactions[index];
        return new Effect(
            With(state, index, before.Count == 1 ? null : before with { Count = before.Count - 1, Users = [.. before.Users.Where(user => user != change.Sender.User)] }),
            change.Content);
    }

    private static Verdict Pin(int pins, MessageState state, MessageDraft change, SeqNo seqNo, ChangeLimits limits)
    {
        var on = change.Content.Change!.On;
        if (state.Pin is { } pin && pin.On == on)
            return new AlreadySo(pin.Entry);
        if (!on && state.Pin is null)
            return MessagingErrors.NothingToTakeBack;
        if (on && pins >= limits.Pins)
            return MessagingErrors.TooManyPins(limits.Pins);
        return new Effect(state with { Pin = new MessagePin(seqNo, change.Sender.User, on) }, change.Content);
    }

    private static int IndexOf(MessageState state, string emoji)
    {
        for (var i = 0; i < state.Reactions.Count; i++)
        {
            if (state.Reactions[i].Emoji == emoji)
                return i;
        }
        return -1;
    }

    private static MessageState With(MessageState state, int index, MessageReaction? reaction)
    {
        var reactions = state.Reactions.ToList();
        if (reaction is null)
            reactions.RemoveAt(index);
        else
            reactions[index] = reaction;
        return state with { Reactions = reactions };
    }

    private static DateTimeOffset Milliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

/// <summary>How much may be changed.</summary>
/// <param name="Edits">Of a message.</param>
/// <param name="Reactions">Different emoji on a message.</param>
/// <param name="Pins">Of a conversation.</param>
/// <param name="OwnReactions">Different emoji that a user has ever set on a message: what was taken back is remembered.</param>
internal sealed record ChangeLimits(int Edits, int Reactions, int Pins, int OwnReactions)
{
    public static ChangeLimits Default { get; } = new(100, 20, 50, 100);
}

/// <summary>What a change is judged by.</summary>
/// <param name="Target">The message, with its state; or whatever stands at its seqNo.</param>
/// <param name="Own">What the sender did last with the emoji of a reaction on this message; null if nothing.</param>
/// <param name="Pins">How many messages of the conversation are pinned; only looked at when one is pinned.</param>
/// <param name="OwnEmoji">How many different emoji the sender has ever set on this message; only looked at for one that it has not.</param>
internal sealed record ChangeFacts(LoggedMessage Target, OwnReaction? Own, int Pins, int OwnEmoji = 0)
{
    /// <summary>The state of the message that began the thread of a message that is deleted; null for none.</summary>
    public MessageState? Root { get; init; }
}

/// <summary>A user's newest entry for an emoji on a message.</summary>
internal readonly record struct OwnReaction(SeqNo Entry, bool On);

/// <summary>What becomes of a change.</summary>
internal abstract record Verdict
{
    public static implicit operator Verdict(Error refusal) => new Refused(refusal);
}

/// <summary>It is appended.</summary>
/// <param name="State">Of the message, from then on.</param>
/// <param name="Content">What is appended.</param>
internal sealed record Effect(MessageState State, MessageContent Content) : Verdict
{
    /// <summary>Of the message that began the thread, from then on; null where nothing changes there.</summary>
    public MessageState? Root { get; init; }
}

/// <summary>It is appended, and is in the state of no message.</summary>
internal sealed record Accepted : Verdict;

/// <summary>It would change nothing.</summary>
/// <param name="Entry">The entry that made it so.</param>
internal sealed record AlreadySo(SeqNo Entry) : Verdict;

/// <summary>It is refused.</summary>
internal sealed record Refused(Error Error) : Verdict;

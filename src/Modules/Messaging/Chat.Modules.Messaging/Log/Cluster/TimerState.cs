using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>The timer of a conversation, kept as the state of a message that can never be there: <see cref="MessageState.ChangedSeqNo"/> is the entry, and the only one of <see cref="MessageState.Edits"/> the seconds, where it is on.</summary>
internal static class TimerState
{
    /// <summary>Not that of the pinned messages: servers of the version before write it anew, and would lose the timer.</summary>
    public static SeqNo Target { get; } = new(SeqNo.MaxValue);

    public static ConversationTimer? Of(MessageState? state) =>
        state is null ? null : new ConversationTimer(state.ChangedSeqNo, state.Edits is [var seconds] ? (int)seconds.Value : 0);

    public static MessageState Of(ConversationTimer timer) => new() { ChangedSeqNo = timer.Entry, Edits = timer.Seconds > 0 ? [new SeqNo(timer.Seconds)] : [] };

    /// <summary>After an entry.</summary>
    public static MessageState? Apply(MessageState? before, LoggedMessage entry) =>
        entry.Content is { Kind: MessageKind.Timer, TimerSeconds: { } seconds } && ChangeJudge.JudgeTimer(Of(before), seconds) is Accepted
            ? Of(new ConversationTimer(entry.SeqNo, seconds))
            : before;
}

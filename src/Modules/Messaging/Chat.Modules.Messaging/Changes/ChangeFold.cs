using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Changes;

/// <summary>What an entry of the log does to the state of its message: what <see cref="ChangeJudge"/> made of it when it was written.</summary>
internal static class ChangeFold
{
    private static readonly ChangeLimits NoLimits = new(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue);

    // No edit has this text, as it is no UTF-8.
    private static readonly MessageContent AnyText = new(new Utf8Text(new byte[] { 0xFF }));

    /// <param name="before">Null for none.</param>
    /// <param name="target">The message.</param>
    /// <param name="entry">Any entry of the conversation after the last that is in the state.</param>
    public static MessageState? Apply(MessageState? before, SeqNo target, LoggedMessage entry)
    {
        if (entry.Content.Thread?.SeqNo == target)
            return entry.Content.Kind == MessageKind.Delete ? ThreadFold.Remove(before, entry.SeqNo) : ThreadFold.Add(before, entry.Sender.User, entry.SeqNo);
        if (entry.Content.Change is not { } change || change.Target.SeqNo != target || !entry.Content.IsChange)
            return before;
        var message = new LoggedMessage(change.Target.Id, entry.Conversation, target, entry.Sender, "", AnyText, entry.Timestamp) { State = before };
        // What is in the log has an effect, so that the emoji was as this says.
        OwnReaction? own = entry.Content.Kind == MessageKind.Reaction && !change.On ? new OwnReaction(before?.ChangedSeqNo ?? SeqNo.None, On: true) : null;
        var draft = new MessageDraft(entry.Conversation, entry.Sender, entry.ClientMsgId, entry.Content, entry.Timestamp);
        return ChangeJudge.Judge(new ChangeFacts(message, own, Pins: 0), draft, entry.SeqNo, NoLimits) is Effect effect ? effect.State : before;
    }
}

using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>What an outbox entry changes, where it is no message. It is shown as if it were done, and taken back if it is refused.</summary>
/// <param name="Target">The message.</param>
/// <param name="Content">What is done to it.</param>
/// <param name="BasedOn">Of an edit: the seqNo of the newest change that the user has seen; 0 for none.</param>
/// <param name="Thread">Of the deletion of a message in a thread: the message that began it.</param>
internal sealed record OutgoingChange(MessageTarget Target, ChangeContent Content, long BasedOn = 0, MessageTarget? Thread = null)
{
    /// <summary>A change of a message as it is shown.</summary>
    public static OutgoingChange Of(Message message, ChangeContent content) => new(
        new MessageTarget(message.MessageId, message.SeqNo), content, content is ChangeContent.Edit ? message.ChangedSeqNo : 0,
        content is ChangeContent.Delete ? message.ThreadRoot : null);

    public ChangeFrame ToFrame(string to, string clientMsgId) => Content switch
    {
        ChangeContent.Edit edit => new EditFrame(to, Target.MessageId, clientMsgId, edit.Text, BasedOn, edit.Mentions),
        ChangeContent.Delete => new DeleteFrame(to, Target.MessageId, clientMsgId),
        ChangeContent.React react => new ReactFrame(to, Target.MessageId, clientMsgId, react.Emoji, react.On),
        ChangeContent.Pin pin => new PinFrame(to, Target.MessageId, clientMsgId, pin.On),
        _ => throw new InvalidOperationException($"{Content.GetType().Name} is unknown."),
    };
}

/// <summary>A change that the server has refused for good. It was taken back.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Target">The message.</param>
/// <param name="Content">What was to be done to it.</param>
/// <param name="Error">Why it was not.</param>
public sealed record RefusedChange(string ConversationId, MessageTarget Target, ChangeContent Content, OutgoingError Error);

/// <summary>The changes that wait in an outbox, by message.</summary>
internal sealed class PendingChanges(ImmutableList<Outgoing> outbox, string me)
{
    private readonly ILookup<string, Outgoing> _changes =
        outbox.Where(outgoing => outgoing.Change is not null).ToLookup(outgoing => outgoing.Change!.Target.MessageId);

    public bool IsEmpty => _changes.Count == 0;

    /// <summary>A message as it will be when they are done. What was really seen of it, its <see cref="MessageState.ChangedSeqNo"/>, stays.</summary>
    public Message On(Message message) =>
        _changes[message.MessageId].Aggregate(message, (state, pending) => state.With(pending.Change!.Content, me, pending.CreatedAt, me));
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>The messages of all conversations, their changes, and notices. Everything else is derived from it.</summary>
/// <remarks>
/// Within a conversation seqNo starts at 1 and rises; a number may be missing. A message whose append began after another's was answered, in any
/// conversation, has the higher <see cref="Activity"/>; on one server this holds whatever the clock does. What can be read is durable. Passes
/// MessageLogContract.
/// </remarks>
internal interface IMessageLog : IMessageChanges, IMessageIndexes, IMessageTimers
{
    /// <summary>The opaque name of this log's history, assigned when the log is created.</summary>
    string Epoch { get; }

    /// <summary>
    /// Messages that can be read only from now on have a higher <see cref="Activity"/>. On a cluster this holds as long as
    /// no server's clock is more than a minute behind another's, and no append takes longer than 90 s.
    /// </summary>
    Activity ActivityFloor { get; }

    /// <summary>
    /// The present position in this server's stream of the <see cref="IChangeFeed"/>: messages whose append begins from now on are above it.
    /// </summary>
    FeedPosition FeedPosition { get; }

    /// <summary>Takes the next seqNo, stores the message or notice and remembers its ClientMsgId; after a crash all of this is stored, or nothing.</summary>
    /// <remarks>If several appends, also concurrent ones, have the same (sender, ClientMsgId), only the first is stored, and all are answered with its message.</remarks>
    /// <exception cref="StoreUnavailableException">No answer in time; the append may have happened: retry with the same ClientMsgId.</exception>
    Task<AppendedMessage> AppendAsync(MessageDraft draft, CancellationToken ct);

    /// <summary>
    /// Erases a message's content and keeps its place: ids, seqNo, sender, clientMsgId and time stay, so retries get the same answer. From then on
    /// its content is <see cref="MessageContent.Erased"/>, and it does not count as unread. Does nothing if there is no message, or
    /// its content is already erased. docs/operations.md says when the old bytes have left the disks (except backups); it depends on the adapter.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It may have happened; it may be repeated.</exception>
    Task EraseContentAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct);

    /// <summary>The message of an earlier attempt; null if none has reached the log.</summary>
    ValueTask<LoggedMessage?> FindAttemptAsync(UserId sender, string clientMsgId, CancellationToken ct);

    /// <summary>The conversation and seqNo of a message; null if it is unknown.</summary>
    ValueTask<MessageLocation?> FindAsync(MessageId message, CancellationToken ct);

    /// <summary>Entries above <paramref name="after"/>, messages in their present state, ascending, as many as <paramref name="limit"/> allows.</summary>
    ValueTask<IReadOnlyList<LoggedMessage>> ReadAfterAsync(ConversationId conversation, SeqNo after, ReadLimit limit, CancellationToken ct);

    /// <summary>The newest entries below <paramref name="before"/>, messages in their present state, ascending, as many as <paramref name="limit"/> allows.</summary>
    ValueTask<IReadOnlyList<LoggedMessage>> ReadBeforeAsync(ConversationId conversation, SeqNo before, ReadLimit limit, CancellationToken ct);

    /// <summary>The seqNo of the newest message; <see cref="SeqNo.None"/> where there is none.</summary>
    ValueTask<SeqNo> GetHeadAsync(ConversationId conversation, CancellationToken ct);

    /// <summary>The heads of many conversations, in their order; null where there is no message. Reads no content.</summary>
    ValueTask<IReadOnlyList<Head?>> GetHeadsAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    /// <summary>The newest messages of many conversations, in their order; null where there is none.</summary>
    ValueTask<IReadOnlyList<LoggedMessage?>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    /// <summary>
    /// How many messages above <paramref name="after"/>, up to <paramref name="upTo"/>, are not the user's own and were neither deleted nor erased; at most
    /// <paramref name="limit"/> are counted, and at most <see cref="MaxScanned"/> entries are read. Runs of changes are jumped over.
    /// </summary>
    ValueTask<OthersCount> CountOthersAsync(ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct);

    /// <summary>Whether a user has written one of a conversation's first <see cref="MaxScanned"/> messages. Erased messages count.</summary>
    ValueTask<bool> HasWrittenAsync(UserId user, ConversationId conversation, CancellationToken ct);

    /// <summary>Messages that one count reads at most, including the user's own.</summary>
    public const int MaxScanned = 10_000;

    /// <summary>
    /// How many direct conversations a user has begun, by sending the first message; counted up to <paramref name="limit"/>. For conversations from
    /// before this was recorded it is not known who began them, and they do not count.
    /// </summary>
    ValueTask<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>Those of <paramref name="others"/> with whom the user has a direct conversation that has a message.</summary>
    ValueTask<IReadOnlyCollection<UserId>> FindDirectsWithAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct);

    /// <summary>How many direct conversations others have begun with a user, or nobody knows who; counted up to <paramref name="limit"/>.</summary>
    ValueTask<int> CountDirectsByOthersAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>The direct conversations of a user that have a message, in no order.</summary>
    ValueTask<IReadOnlyList<ConversationId>> GetDirectConversationsAsync(UserId user, CancellationToken ct);
}

/// <summary>The seqNo and activity of a conversation's newest message.</summary>
internal readonly record struct Head(SeqNo SeqNo, Activity Activity);

/// <summary>A count of others' messages.</summary>
/// <param name="IsAll">False if a limit ended the count: there may be more.</param>
internal readonly record struct OthersCount(int Count, bool IsAll);

/// <summary>How much one read of the log returns at most.</summary>
/// <param name="Messages">1 or more.</param>
/// <param name="Bytes">Of the messages as JSON. The first message is returned whatever its size.</param>
internal readonly record struct ReadLimit(int Messages, int Bytes = int.MaxValue)
{
    public static implicit operator ReadLimit(int messages) => new(messages);

    /// <summary>Takes those from the list's end that do not fit in their states.</summary>
    public List<LoggedMessage> Fit(List<LoggedMessage> found)
    {
        var (room, fitting) = ((long)Bytes, 0);
        while (fitting < found.Count && ((room -= found[fitting].MaxJsonBytes()) >= 0 || fitting == 0))
            fitting++;
        found.RemoveRange(fitting, found.Count - fitting);
        return found;
    }
}

/// <summary>A message to append.</summary>
internal sealed record MessageDraft(
    ConversationId Conversation, DeviceAddress Sender, string ClientMsgId, MessageContent Content, DateTimeOffset Now)
{
    public LoggedMessage ToMessage(MessageId id, SeqNo seqNo) => new(
        id, Conversation, seqNo, Sender, ClientMsgId, Content, DateTimeOffset.FromUnixTimeMilliseconds(Now.ToUnixTimeMilliseconds()));
}

/// <summary>A message in the log.</summary>
/// <param name="Message">As stored; for a duplicate as the first attempt stored it.</param>
/// <param name="Previous">The seqNo of the message before it, or a higher one: there is certainly no message between the two.</param>
/// <param name="Duplicate">Whether the attempt was already stored.</param>
internal sealed record AppendedMessage(LoggedMessage Message, SeqNo Previous, bool Duplicate)
{
    /// <summary>The sender's answer.</summary>
    public SentMessage ToSent() => new(Message.Id, Message.Conversation, Message.SeqNo, Message.Timestamp, Duplicate);

    public static AppendedMessage Earlier(LoggedMessage message) => new(message, new SeqNo(message.SeqNo.Value - 1), Duplicate: true);
}

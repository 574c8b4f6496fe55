using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>The messages of all conversations: what everything else is derived from.</summary>
/// <remarks>Within a conversation seqNo starts at 1 and only rises; a number may be missing. Of two messages of any
/// conversations, the one whose append began when the other's was answered has the higher <see cref="Activity"/>, on one host whatever the clock says. What can be read is durable. Passes MessageLogContract.</remarks>
internal interface IMessageLog
{
    /// <summary>The opaque name of this log's history, made with it.</summary>
    string Epoch { get; }

    /// <summary>
    /// Every message that a read from now on finds and one before did not has a higher <see cref="Activity"/>. On a cluster that holds as long as
    /// no host's clock is more than a minute behind another's, and no append takes longer than 90 s.
    /// </summary>
    Activity ActivityFloor { get; }

    /// <summary>
    /// The present position in this server's stream of the <see cref="IChangeFeed"/>: messages whose append begins from now on stand above it.
    /// </summary>
    FeedPosition FeedPosition { get; }

    /// <summary>Takes the next seqNo, stores the message and remembers its ClientMsgId: after a crash all of it counts, or nothing.</summary>
    /// <remarks>Of appends with the same (sender, ClientMsgId), also concurrent ones, the first counts, and all have its message as their answer.</remarks>
    /// <exception cref="StoreUnavailableException">No answer in time; the append may have happened: retry with the same ClientMsgId.</exception>
    Task<AppendedMessage> AppendAsync(MessageDraft draft, CancellationToken ct);

    /// <summary>
    /// Takes away what a message says, and leaves its place: ids, seqNo, sender, clientMsgId and time stay, and with them each retry's answer. It reads
    /// as <see cref="MessageContent.Erased"/> from then on, and is not unread any more. Does nothing where no message stands or
    /// its content is erased already. When the old bytes have left the disks, backups aside, is for the adapter to say (docs/operations.md).
    /// </summary>
    /// <exception cref="StoreUnavailableException">It may have happened: it may be repeated.</exception>
    Task EraseContentAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct);

    /// <summary>The message of an earlier attempt; null when none has reached the log.</summary>
    ValueTask<LoggedMessage?> FindAttemptAsync(UserId sender, string clientMsgId, CancellationToken ct);

    /// <summary>Where a message stands; null for an unknown one.</summary>
    ValueTask<MessageLocation?> FindAsync(MessageId message, CancellationToken ct);

    /// <summary>Messages above <paramref name="after"/>, ascending, as many as <paramref name="limit"/> allows.</summary>
    ValueTask<IReadOnlyList<LoggedMessage>> ReadAfterAsync(ConversationId conversation, SeqNo after, ReadLimit limit, CancellationToken ct);

    /// <summary>The newest messages below <paramref name="before"/>, ascending, as many as <paramref name="limit"/> allows.</summary>
    ValueTask<IReadOnlyList<LoggedMessage>> ReadBeforeAsync(ConversationId conversation, SeqNo before, ReadLimit limit, CancellationToken ct);

    /// <summary>The seqNo of the newest message; <see cref="SeqNo.None"/> where there is none.</summary>
    ValueTask<SeqNo> GetHeadAsync(ConversationId conversation, CancellationToken ct);

    /// <summary>The heads of many conversations, in their order; null where there is no message. Reads no content.</summary>
    ValueTask<IReadOnlyList<Head?>> GetHeadsAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    /// <summary>The newest messages of many conversations, in their order; null where there is none.</summary>
    ValueTask<IReadOnlyList<LoggedMessage?>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct);

    /// <summary>
    /// How many messages above <paramref name="after"/>, up to <paramref name="upTo"/>, are not the user's own and were not erased; at most
    /// <paramref name="limit"/> are counted, and at most <see cref="MaxScanned"/> messages are looked at.
    /// </summary>
    ValueTask<OthersCount> CountOthersAsync(ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct);

    /// <summary>Whether a user has written in a conversation, as far as its first <see cref="MaxScanned"/> messages tell. Erased messages count.</summary>
    ValueTask<bool> HasWrittenAsync(UserId user, ConversationId conversation, CancellationToken ct);

    /// <summary>Messages that one count looks at, the user's own among them: a bound on its cost.</summary>
    public const int MaxScanned = 10_000;

    /// <summary>
    /// How many direct conversations a user has begun: those whose first message is its own, counted up to <paramref name="limit"/>. Those from
    /// before this was kept are nobody's.
    /// </summary>
    ValueTask<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>Of some users those with whom a user has a direct conversation that has a message.</summary>
    ValueTask<IReadOnlyCollection<UserId>> FindDirectsWithAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct);

    /// <summary>How many direct conversations others have begun with a user, those that are nobody's among them, counted up to <paramref name="limit"/>.</summary>
    ValueTask<int> CountDirectsByOthersAsync(UserId user, int limit, CancellationToken ct);

    /// <summary>The direct conversations of a user that have a message, in no order.</summary>
    ValueTask<IReadOnlyList<ConversationId>> GetDirectConversationsAsync(UserId user, CancellationToken ct);
}

/// <summary>Where a conversation's newest message stands.</summary>
internal readonly record struct Head(SeqNo SeqNo, Activity Activity);

/// <summary>A count of others' messages.</summary>
/// <param name="Count">So many at least.</param>
/// <param name="IsAll">Whether these are all; false where a limit ended the count.</param>
internal readonly record struct OthersCount(int Count, bool IsAll);

/// <summary>Where one read of the log ends.</summary>
/// <param name="Messages">After so many. 1 or more.</param>
/// <param name="Bytes">Before the messages, as JSON, become larger than this; the first is read whatever its size.</param>
internal readonly record struct ReadLimit(int Messages, int Bytes = int.MaxValue)
{
    public static implicit operator ReadLimit(int messages) => new(messages);
}

/// <summary>A message on its way into the log.</summary>
internal sealed record MessageDraft(
    ConversationId Conversation, DeviceAddress Sender, string ClientMsgId, MessageContent Content, DateTimeOffset Now)
{
    public LoggedMessage ToMessage(MessageId id, SeqNo seqNo) => new(
        id, Conversation, seqNo, Sender, ClientMsgId, Content, DateTimeOffset.FromUnixTimeMilliseconds(Now.ToUnixTimeMilliseconds()));
}

/// <summary>A message in the log.</summary>
/// <param name="Message">As stored; for a duplicate as the first attempt stored it.</param>
/// <param name="Previous">The seqNo of the message before it, or one that is higher: what lies between is a hole for certain.</param>
/// <param name="Duplicate">Whether the attempt had been stored before.</param>
internal sealed record AppendedMessage(LoggedMessage Message, SeqNo Previous, bool Duplicate)
{
    /// <summary>What its sender is told.</summary>
    public SentMessage ToSent() => new(Message.Id, Message.Conversation, Message.SeqNo, Message.Timestamp, Duplicate);

    public static AppendedMessage Earlier(LoggedMessage message) => new(message, new SeqNo(message.SeqNo.Value - 1), Duplicate: true);
}

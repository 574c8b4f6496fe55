using System.Globalization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Log.Embedded;

namespace Chat.Modules.Messaging.Moving;

/// <summary>What is made of each message, in the order of conversation and seqNo. A position names a message.</summary>
internal abstract class OfMessages(RocksMessageLog log) : MovedTable
{
    /// <summary>All that was moved stands in a conversation's first term, whose writer is gone.</summary>
    protected const long Term = 1;

    public override long EstimateRows() => log.EstimateMessages();

    public override IReadOnlyList<MovedRow> Read(string? after, int limit)
    {
        var rows = new List<MovedRow>();
        for (var last = after; rows.Count == 0;)
        {
            var messages = log.ReadMessages(Parse(last), limit);
            if (messages.Count == 0)
                return rows;
            foreach (var message in messages)
            {
                last = PositionOf(message);
                rows.AddRange(ToRows(last, message));
            }
        }
        return rows;
    }

    protected abstract IEnumerable<MovedRow> ToRows(string position, LoggedMessage message);

    private static string PositionOf(LoggedMessage message) =>
        string.Create(CultureInfo.InvariantCulture, $"{message.Conversation.Value} {message.SeqNo.Value}");

    protected static (ConversationId Conversation, SeqNo SeqNo)? Parse(string? position) => position?.Split(' ') is [var conversation, var seqNo]
        ? (ConversationId.Parse(conversation), new SeqNo(long.Parse(seqNo, CultureInfo.InvariantCulture)))
        : null;
}

/// <summary>The messages, erased ones as such. Each row is a batch of its own: nothing is read before all are at a quorum.</summary>
internal sealed class MovedMessages(RocksMessageLog log) : OfMessages(log)
{
    private readonly RocksMessageLog _log = log;

    public override string Name => "messages";

    public override string Table => "messaging_messages";

    public override IReadOnlyList<string> Columns { get; } =
    [
        "conversation", "bucket", "seq_no", "term", "first", "message_id", "sender", "device", "client_msg_id", "sent_at", "body", "reply_to", "content", "erased", "previous", "expires_at",
    ];

    public override int PartitionColumns => 2;

    /// <exception cref="StorageException">A seqNo is missing.</exception>
    public override IReadOnlyList<MovedRow> Read(string? after, int limit)
    {
        var rows = base.Read(after, limit);
        var before = Parse(after);
        foreach (var row in rows)
        {
            var at = Parse(row.Position);
            var expected = before?.Conversation == at?.Conversation ? before!.Value.SeqNo.Next : new SeqNo(1);
            if (at!.Value.SeqNo != expected)
            {
                throw new StorageException(
                    $"The log lacks message {expected.Value} of {at.Value.Conversation.Value}: it is damaged, or is not one that a server has written. Put back a backup of the folder.");
            }
            before = at;
        }
        return rows;
    }

    protected override IEnumerable<MovedRow> ToRows(string position, LoggedMessage message)
    {
        var content = message.Content;
        var seqNo = message.SeqNo;
        yield return new MovedRow(
            position,
            [
                message.Conversation.Value, Buckets.Of(seqNo), seqNo.Value, Term, seqNo.Value, message.Id.Value, message.Sender.User.Value,
                message.Sender.Device.Value, message.ClientMsgId, message.Timestamp,
                // As CqlLogTables writes them: the old columns for what they can say.
                content.IsPlain ? content.Text : null,
                content.IsPlain ? content.ReplyTo?.Value : null,
                content.IsPlain ? null : ContentCodec.Encode(content),
                content.Kind == MessageKind.Erased ? true : null,
                content.PreviousMessage?.Value,
                content.PreviousMessage is null ? content.ExpiresAt : null,
            ]);
    }
}

/// <summary>
/// The attempts, by (sender, clientMsgId) and by message id. An id of the embedded log does not carry its attempt, as one of the cluster does
/// (<see cref="AttemptKey"/>): so there are two rows, one for each look-up.
/// </summary>
internal abstract class MovedClaims(RocksMessageLog log) : OfMessages(log)
{
    public override IReadOnlyList<MovedRow> Read(string? after, int limit) => base.Read(after, limit / 2);

    protected override IEnumerable<MovedRow> ToRows(string position, LoggedMessage message)
    {
        var (byAttempt, byId) = (AttemptKey.Of(message.Sender.User, message.ClientMsgId), AttemptKey.Of(message.Id));
        foreach (var key in byAttempt == byId ? [byAttempt] : (long[])[byAttempt, byId])
        {
            if (KeyOf(key) is { } partition)
            {
                yield return new MovedRow(
                    position,
                    [
                        .. partition, message.Id.Value, Term, message.Conversation.Value, message.SeqNo.Value - 1, message.Sender.User.Value,
                        message.ClientMsgId,
                    ]);
            }
        }
    }

    /// <summary>The first columns; null where the claim is not of this table.</summary>
    protected abstract object?[]? KeyOf(long key);
}

internal sealed class MovedAttempts(RocksMessageLog log) : MovedClaims(log)
{
    public override string Name => "attempts";

    // Half of the claims by id, as they are random. Most names give a time.
    public override long EstimateRows() => base.EstimateRows() / 2;

    public override string Table => "messaging_attempts";

    public override IReadOnlyList<string> Columns { get; } = ["attempt", "message_id", "term", "conversation", "after", "sender", "client_msg_id"];

    protected override object?[]? KeyOf(long key) => AttemptKey.MomentOf(key) is null ? [key] : null;
}

internal sealed class MovedMoments(RocksMessageLog log) : MovedClaims(log)
{
    public override string Name => "attempts by moment";

    public override long EstimateRows() => base.EstimateRows() * 3 / 2;

    public override string Table => "messaging_moments";

    public override IReadOnlyList<string> Columns { get; } = ["moment", "attempt", "message_id", "term", "conversation", "after", "sender", "client_msg_id"];

    protected override object?[]? KeyOf(long key) => AttemptKey.MomentOf(key) is { } moment ? [moment, key] : null;
}

/// <summary>The conversations, each in a first term whose fence is the head: whoever writes next begins the second.</summary>
internal sealed class MovedConversations(RocksMessageLog log) : MovedTable
{
    private static readonly Guid Nobody = Guid.Empty;

    public override string Name => "conversations";

    public override string Table => "messaging_conversations";

    public override IReadOnlyList<string> Columns { get; } = ["conversation", "term", "writer", "fenced_term", "fence", "bucket", "timed"];

    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) =>
        [.. log.ReadHeads(after is null ? null : ConversationId.Parse(after), limit).Select(one => new MovedRow(
            one.Conversation.Value, [one.Conversation.Value, 1L, Nobody, 1L, one.Head.Value, Buckets.Of(one.Head) is > 0 and var bucket ? bucket : null, log.HasTimer(one.Conversation) ? true : null]))];
}

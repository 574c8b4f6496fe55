using System.Globalization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Log.Embedded;

namespace Chat.Modules.Messaging.Moving;

/// <summary>What the changes of messages add up to, in the order of conversation and message. A position names a message.</summary>
internal abstract class OfStates(RocksMessageLog log) : MovedTable
{
    /// <summary>The first term, as of <see cref="OfMessages"/>: all of it counts.</summary>
    protected const long Term = 1;

    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) => [.. log.ReadStates(Parse(after), limit).Select(one => ToRow(one.Conversation, one.Message, one.State))];

    protected abstract MovedRow ToRow(ConversationId conversation, SeqNo message, MessageState state);

    protected static string PositionOf(ConversationId conversation, SeqNo message) => string.Create(CultureInfo.InvariantCulture, $"{conversation.Value} {message.Value}");

    private static (ConversationId Conversation, SeqNo Message)? Parse(string? position) => position?.Split(' ') is [var conversation, var message]
        ? (ConversationId.Parse(conversation), new SeqNo(long.Parse(message, CultureInfo.InvariantCulture)))
        : null;
}

/// <summary>The states, as a writer of the first term would leave them.</summary>
internal sealed class MovedStates(RocksMessageLog log) : OfStates(log)
{
    private static readonly byte[] Nothing = [];

    public static readonly IReadOnlyList<string> AllColumns = ["conversation", "block", "target", "term", "first", "last", "base", "state", "settled"];

    public override string Name => "states of messages";

    public override string Table => "messaging_states";

    public override IReadOnlyList<string> Columns => AllColumns;

    public override int PartitionColumns => 2;

    // Target 0 and the highest are the conversation's.
    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[2] is not (0L or SeqNo.MaxValue);

    public static object?[] ToValues(ConversationId conversation, SeqNo target, MessageState state) =>
    [
        conversation.Value, Blocks.Of(target), target.Value, Term, state.ChangedSeqNo.Value, state.ChangedSeqNo.Value, Nothing, StateCodec.Encode(state), true,
    ];

    protected override MovedRow ToRow(ConversationId conversation, SeqNo message, MessageState state) =>
        new(PositionOf(conversation, message), ToValues(conversation, message, state));
}

/// <summary>The pinned messages of each conversation (<see cref="PinnedMessages"/>).</summary>
internal sealed class MovedPins(RocksMessageLog log) : MovedTable
{
    public override string Name => "pinned messages";

    public override string Table => "messaging_states";

    public override IReadOnlyList<string> Columns => MovedStates.AllColumns;

    public override int PartitionColumns => 2;

    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[2] is 0L;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) =>
    [
        .. log.ReadPinned(after is null ? null : ConversationId.Parse(after), limit).Select(one => new MovedRow(
            one.Conversation.Value,
            MovedStates.ToValues(one.Conversation, SeqNo.None, new MessageState { ChangedSeqNo = one.Pins.Max(pin => pin.Entry), Edits = [.. one.Pins.OrderBy(pin => pin.Entry).Select(pin => pin.Message)] }))),
    ];
}

/// <summary>The mark on messages that have a state.</summary>
internal sealed class MovedChangedMarks(RocksMessageLog log) : OfStates(log)
{
    public override string Name => "changed messages";

    public override string Table => "messaging_messages";

    public override IReadOnlyList<string> Columns { get; } = ["conversation", "bucket", "seq_no", "term", "changed"];

    public override int PartitionColumns => 2;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[4] is not null;

    protected override MovedRow ToRow(ConversationId conversation, SeqNo message, MessageState state) =>
        new(PositionOf(conversation, message), [conversation.Value, Buckets.Of(message), message.Value, Term, true]);
}

/// <summary>Who has reacted to messages that are not deleted, and who has taken it back.</summary>
internal sealed class MovedReactions(RocksMessageLog log) : MovedTable
{
    public override string Name => "reactions";

    public override string Table => "messaging_reactions";

    public override IReadOnlyList<string> Columns { get; } =
        ["conversation", "block", "target", "user", "emoji", "term", "first", "last", "seq", "is_on", "base_seq", "base_on", "settled"];

    public override int PartitionColumns => 2;

    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) => [.. log.ReadReactions(after is null ? null : Convert.FromHexString(after), limit).Select(one =>
    {
        var seqNo = one.Reaction.Entry.Value;
        return new MovedRow(
            Convert.ToHexString(one.Key),
            [
                one.Conversation.Value, Blocks.Of(one.Message), one.Message.Value, one.User.Value, one.Emoji, 1L, seqNo, seqNo, seqNo, one.Reaction.On, 0L, false, true,
            ]);
    })];
}

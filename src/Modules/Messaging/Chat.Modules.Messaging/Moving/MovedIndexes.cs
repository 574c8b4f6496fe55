using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Log.Embedded;

namespace Chat.Modules.Messaging.Moving;

/// <summary>Where mentions and threads stand, by keys of the embedded log. A position is a key.</summary>
internal abstract class OfIndex(RocksMessageLog log, byte[] prefix) : MovedTable
{
    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) =>
        [.. log.ReadKeys(prefix, after is null ? null : Convert.FromHexString(after), limit).Select(key => ToRow(Convert.ToHexString(key), key))];

    protected abstract MovedRow ToRow(string position, byte[] key);
}

/// <summary>Which messages mention whom.</summary>
internal sealed class MovedMentions(RocksMessageLog log) : OfIndex(log, StateKeys.AllMentions)
{
    public override string Name => "mentions";

    public override string Table => "messaging_mentions";

    public override IReadOnlyList<string> Columns { get; } = ["conversation", "bucket", "user", "seq_no"];

    public override int PartitionColumns => 2;

    protected override MovedRow ToRow(string position, byte[] key)
    {
        var (conversation, name, message) = StateKeys.ReadMention(key);
        return new MovedRow(position, [conversation.Value, Buckets.Of(message), name, message.Value]);
    }
}

/// <summary>The messages in threads.</summary>
internal sealed class MovedThreads(RocksMessageLog log) : OfIndex(log, StateKeys.AllThreads)
{
    public override string Name => "messages in threads";

    public override string Table => "messaging_threads";

    public override IReadOnlyList<string> Columns { get; } = ["conversation", "root", "seq_no"];

    public override int PartitionColumns => 2;

    protected override MovedRow ToRow(string position, byte[] key)
    {
        var (conversation, root, message) = StateKeys.ReadThread(key);
        return new MovedRow(position, [conversation.Value, root.Value, message.Value]);
    }
}

/// <summary>The threads by activity: of several rows with one key the last counts.</summary>
internal sealed class MovedThreadActivity(RocksMessageLog log) : OfIndex(log, StateKeys.AllThreads)
{
    public override string Name => "threads by activity";

    public override string Table => "messaging_thread_activity";

    public override IReadOnlyList<string> Columns { get; } = ["conversation", "span", "root", "last"];

    public override bool IsCompared => false;

    protected override MovedRow ToRow(string position, byte[] key)
    {
        var (conversation, root, message) = StateKeys.ReadThread(key);
        return new MovedRow(position, [conversation.Value, ThreadSpans.Of(message), root.Value, message.Value]) { Timestamp = message.Value };
    }
}

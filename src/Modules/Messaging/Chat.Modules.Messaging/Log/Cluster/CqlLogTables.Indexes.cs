using System.Runtime.CompilerServices;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Messaging.Log.Cluster;

// Mentions and threads.
internal sealed partial class CqlLogTables
{
    public Task WriteMentionsAsync(ConversationId conversation, IReadOnlyList<(SeqNo Message, string Name)> mentions, CancellationToken ct) => WriteAsync(
        [.. mentions.Select(mention => new CqlStatement(
            "INSERT INTO messaging_mentions (conversation, bucket, user, seq_no) VALUES (?, ?, ?, ?)",
            conversation.Value, Buckets.Of(mention.Message), mention.Name, mention.Message.Value))], ct);

    public Task RemoveMentionsAsync(ConversationId conversation, IReadOnlyList<(SeqNo Message, string Name)> mentions, CancellationToken ct) => WriteAsync(
        [.. mentions.Select(mention => new CqlStatement(
            "DELETE FROM messaging_mentions WHERE conversation = ? AND bucket = ? AND user = ? AND seq_no = ?",
            conversation.Value, Buckets.Of(mention.Message), mention.Name, mention.Message.Value))], ct);

    public async Task<IReadOnlyList<SeqNo>> ReadMentionsAsync(
        ConversationId conversation, long bucket, string one, string other, SeqNo after, SeqNo upTo, int limit, CancellationToken ct) =>
        [.. (await ReadSeqNosAsync(
            new("SELECT seq_no FROM messaging_mentions WHERE conversation = ? AND bucket = ? AND user IN ? AND seq_no > ? AND seq_no <= ? LIMIT ?",
                conversation.Value, bucket, new List<string> { one, other }, after.Value, upTo.Value, limit), ct)).Distinct().OrderDescending()];

    public Task WriteThreadAsync(ConversationId conversation, SeqNo root, IReadOnlyList<SeqNo> messages, CancellationToken ct) => Task.WhenAll(
        WriteAsync(
            [.. messages.Select(message => new CqlStatement(
                "INSERT INTO messaging_threads (conversation, root, seq_no) VALUES (?, ?, ?)", conversation.Value, root.Value, message.Value))], ct),
        WriteAsync(
            [.. messages.GroupBy(ThreadSpans.Of).Select(span => new CqlStatement(
                "INSERT INTO messaging_thread_activity (conversation, span, root, last) VALUES (?, ?, ?, ?) USING TIMESTAMP ?",
                conversation.Value, span.Key, root.Value, span.Last().Value, span.Last().Value))], ct));

    public Task<IReadOnlyList<SeqNo>> ReadThreadAsync(ConversationId conversation, SeqNo root, SeqNo? after, SeqNo before, int limit, CancellationToken ct) =>
        ReadSeqNosAsync(
            after is { } seqNo
                ? new("SELECT seq_no FROM messaging_threads WHERE conversation = ? AND root = ? AND seq_no > ? ORDER BY seq_no ASC LIMIT ?",
                    conversation.Value, root.Value, seqNo.Value, limit)
                : new("SELECT seq_no FROM messaging_threads WHERE conversation = ? AND root = ? AND seq_no < ? LIMIT ?",
                    conversation.Value, root.Value, before.Value, limit), ct);

    public async IAsyncEnumerable<ThreadPlace> ReadThreadsAsync(ConversationId conversation, long span, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in ReadAllAsync(new("SELECT root, last FROM messaging_thread_activity WHERE conversation = ? AND span <= ?", conversation.Value, span), ct))
            yield return new ThreadPlace(new SeqNo(row.Get<long>(0)), new SeqNo(row.Get<long>(1)));
    }

    private async Task<IReadOnlyList<SeqNo>> ReadSeqNosAsync(CqlStatement select, CancellationToken ct)
    {
        var found = new List<SeqNo>();
        await foreach (var row in ReadAllAsync(select, ct))
            found.Add(new SeqNo(row.Get<long>(0)));
        return found;
    }
}

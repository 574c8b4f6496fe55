using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Bench.Nodes;

/// <summary>
/// The rows and the terms of conversations in a cluster's log. A row that is no message was written in a term that was lost before it counted
/// (docs/adr/0005-terms-fences-claims.md).
/// </summary>
internal sealed class LogRows(ICqlSession session)
{
    private const string CountBucket = "SELECT count(*) FROM messaging_messages WHERE conversation = ? AND bucket = ?";
    private const string ReadTerm = "SELECT term FROM messaging_conversations WHERE conversation = ?";

    private readonly Dictionary<string, LogSize> known = new(StringComparer.Ordinal);

    /// <summary>What these conversations have more than when it was last asked for them.</summary>
    public async Task<LogSize> TakeNewAsync(IReadOnlyList<string> conversations, CancellationToken ct)
    {
        var sizes = await Task.WhenAll(conversations.Select(conversation => ReadAsync(conversation, ct)));
        var fresh = default(LogSize);
        foreach (var (conversation, size) in conversations.Zip(sizes))
        {
            var before = known.GetValueOrDefault(conversation);
            fresh = new LogSize(fresh.Rows + size.Rows - before.Rows, fresh.Terms + size.Terms - before.Terms);
            known[conversation] = size;
        }

        return fresh;
    }

    private async Task<LogSize> ReadAsync(string conversation, CancellationToken ct)
    {
        var rows = 0L;
        for (var bucket = 0L; ; bucket++)
        {
            var count = (await session.ExecuteAsync(new CqlStatement(CountBucket, conversation, bucket), ct)).Rows[0].Get<long>(0);
            rows += count;
            if (count == 0)
                break;
        }

        var terms = (await session.ExecuteAsync(new CqlStatement(ReadTerm, conversation), ct)).Rows;
        return new LogSize(rows, terms.Count == 0 || terms[0].IsNull(0) ? 0 : terms[0].Get<long>(0));
    }
}

/// <param name="Rows">Of messages, and of terms that were lost.</param>
/// <param name="Terms">That were begun.</param>
internal readonly record struct LogSize(long Rows, long Terms);

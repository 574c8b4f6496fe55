namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>A statement with its values.</summary>
/// <param name="cql">The text, with a <c>?</c> for each value. Use a constant: each text is prepared once and kept.</param>
/// <param name="values">
/// In order: string or Utf8Text (text, ascii), long (bigint), int, bool, Guid (uuid, timeuuid), byte[] or ReadOnlyMemory&lt;byte&gt; (blob),
/// DateTimeOffset (timestamp, whole milliseconds), double, null, or an IReadOnlyList of one of these for a list, as in <c>IN ?</c>.
/// </param>
public sealed class CqlStatement(string cql, params object?[] values)
{
    public string Cql => cql;

    public IReadOnlyList<object?> Values => values;

    /// <summary>Running it twice has the same effect as once, so it may be repeated when the answer is lost. Default true. Set false for conditional statements and counters.</summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>A read that sees every conditional write before it, and completes one that its writer left unfinished. Default false.</summary>
    public bool Linearizable { get; init; }

    /// <summary>The most rows in one answer. 1 to 10 000; default 1 000.</summary>
    public int PageSize { get; init; } = 1_000;

    /// <summary>The statement for the next page.</summary>
    public CqlStatement After(byte[] pagingState) =>
        new(cql, values) { Idempotent = Idempotent, Linearizable = Linearizable, PageSize = PageSize, PagingState = pagingState };

    /// <summary>Where the previous page ended, see <see cref="CqlResult.PagingState"/>; null for the first.</summary>
    public byte[]? PagingState { get; init; }
}

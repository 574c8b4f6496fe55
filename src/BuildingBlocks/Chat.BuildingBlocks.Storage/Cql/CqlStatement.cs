namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>A statement with its values.</summary>
/// <param name="cql">Its text with a <c>?</c> for each value; a constant, for it is prepared and kept.</param>
/// <param name="values">
/// In order: string or Utf8Text (text, ascii), long (bigint), int, bool, Guid (uuid, timeuuid), byte[] or ReadOnlyMemory&lt;byte&gt; (blob),
/// DateTimeOffset (timestamp, whole milliseconds), double, null, or an IReadOnlyList of one of these for a list, as in <c>IN ?</c>.
/// </param>
public sealed class CqlStatement(string cql, params object?[] values)
{
    public string Cql => cql;

    public IReadOnlyList<object?> Values => values;

    /// <summary>Twice is as good as once, so a lost answer may be asked for again. Default true; say false for what is conditional or counts.</summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>A read that sees every conditional write before it, and finishes one that its writer left half done. Default false.</summary>
    public bool Linearizable { get; init; }

    /// <summary>Rows an answer holds at most. 1 to 10 000; default 1 000.</summary>
    public int PageSize { get; init; } = 1_000;

    /// <summary>The statement for the next page.</summary>
    public CqlStatement After(byte[] pagingState) =>
        new(cql, values) { Idempotent = Idempotent, Linearizable = Linearizable, PageSize = PageSize, PagingState = pagingState };

    /// <summary>Where the page before ended, see <see cref="CqlResult.PagingState"/>; null for the first.</summary>
    public byte[]? PagingState { get; init; }
}

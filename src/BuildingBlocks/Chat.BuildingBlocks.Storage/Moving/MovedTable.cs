namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>
/// A table of the cluster's database, and what <c>Chat.Host migrate</c> fills it with from the embedded stores. Each module registers those of its own tables
/// (<see cref="MoveRegistration.AddMovedTable{T}"/>). The source does not change meanwhile.
/// </summary>
public abstract class MovedTable
{
    /// <summary>What an operator calls its rows, such as <c>accounts</c>; unique. Its progress is kept under it.</summary>
    public abstract string Name { get; }

    /// <summary>The table's name in the cluster. Several of these may fill one table, each other columns or other rows.</summary>
    public abstract string Table { get; }

    /// <summary>The columns that are written, those of the partition key first.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>How many of the columns are the partition key.</summary>
    public virtual int PartitionColumns => 1;

    /// <summary>The tables of the embedded database whose rows are all copied by this one, alone or with others; none for what is in the log.</summary>
    public virtual IReadOnlyList<string> Sources => [];

    /// <summary>Whether the rows are compared after the copy. False for rows that expire and can be made anew.</summary>
    public virtual bool IsCompared => true;

    /// <summary>How many rows there are, roughly.</summary>
    public abstract long EstimateRows();

    /// <summary>
    /// The rows after a position, in the order of the positions, always the same ones. Deterministic: a row that is written twice is the same twice.
    /// </summary>
    /// <param name="after">The position of a row; null for the first.</param>
    /// <param name="limit">The most rows. Fewer may be returned at any time, none only at the end.</param>
    public abstract IReadOnlyList<MovedRow> Read(string? after, int limit);

    /// <summary>Whether a row of the table is compared: false for one that another <see cref="MovedTable"/> has written, or that expires before this time.</summary>
    /// <param name="values">As in <see cref="MovedRow"/>, of either side.</param>
    /// <param name="now">The same for both sides.</param>
    public virtual bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => true;
}

/// <summary>A row to be written.</summary>
/// <param name="Position">Where it stands in the source.</param>
/// <param name="Values">Of <see cref="MovedTable.Columns"/>, as <see cref="Cql.CqlStatement"/> takes them. A null is not written.</param>
public sealed record MovedRow(string Position, IReadOnlyList<object?> Values)
{
    /// <summary>
    /// The write's timestamp, in µs. The lowest, unless given: whatever a server writes later counts, also by a condition, and also when this row is written again.
    /// </summary>
    public long Timestamp { get; init; } = 1;

    /// <summary>Seconds after which it expires; null for never.</summary>
    public int? Ttl { get; init; }
}

/// <summary>What a module does beside the copy of its tables.</summary>
public interface IMoveStep
{
    /// <summary>Before the first row is read: brings the source up to date. May be called again.</summary>
    /// <exception cref="StorageException">The move would lose something. The message says what to do.</exception>
    Task PrepareAsync(CancellationToken ct) => Task.CompletedTask;

    /// <summary>The folder is about to be used again although servers have run on the copy.</summary>
    Task ReturnAsync(CancellationToken ct) => Task.CompletedTask;
}

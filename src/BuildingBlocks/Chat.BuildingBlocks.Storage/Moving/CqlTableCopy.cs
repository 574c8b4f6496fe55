using System.Globalization;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>The cluster's side of a <see cref="MovedTable"/>: writes its rows, and reads them back.</summary>
internal sealed class CqlTableCopy(ICqlSession session, MovedTable table, Retries retries) : IDisposable
{
    // What Cassandra takes in a batch without a warning: partitions; of one partition only the bytes count.
    private const int MaxPartitions = 10;
    private const int MaxRows = 64;
    private const int MaxBytes = 32 * 1024;

    private const int WritesAtOnce = 64;
    private const int ReadsAtOnce = 4;
    private const int RowsOfRange = 5_000;
    private const int MaxRanges = 4_096;

    private readonly SemaphoreSlim _writing = new(WritesAtOnce);
    private readonly Dictionary<(long Columns, bool Expires), string> _inserts = [];

    /// <summary>Completes when all rows are at a quorum. May be called again before; the rows of one call are written in no order.</summary>
    public async Task WriteAsync(IReadOnlyList<MovedRow> rows, CancellationToken ct)
    {
        var writes = new List<Task>();
        foreach (var batch in Batches(rows))
        {
            await _writing.WaitAsync(ct);
            writes.Add(WriteBatchAsync(batch, ct));
        }
        await Task.WhenAll(writes);
    }

    /// <summary>Counts what is in the table, reading all of it.</summary>
    /// <param name="rows">About how many rows there are.</param>
    /// <param name="now">For <see cref="MovedTable.Compares"/>.</param>
    /// <param name="read">Told of rows that were read.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<RowTally> TallyAsync(long rows, DateTimeOffset now, Action<long> read, CancellationToken ct)
    {
        var tally = new RowTally();
        var ranges = Ranges((int)Math.Clamp(rows / RowsOfRange, ReadsAtOnce, MaxRanges));
        await Parallel.ForEachAsync(ranges, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = ct }, async (range, cancelled) =>
        {
            var part = await retries.RunAsync(() => TallyAsync(range, now, cancelled), cancelled);
            lock (tally)
                tally.Add(part);
            read(part.Rows);
        });
        return tally;
    }

    public void Dispose() => _writing.Dispose();

    private async Task<RowTally> TallyAsync((long After, long UpTo) range, DateTimeOffset now, CancellationToken ct)
    {
        var tally = new RowTally();
        var key = string.Join(", ", table.Columns.Take(table.PartitionColumns));
        var select = $"SELECT {string.Join(", ", table.Columns)} FROM {table.Table} WHERE token({key}) > ? AND token({key}) <= ?";
        for (CqlStatement? next = new(select, range.After, range.UpTo); next is not null;)
        {
            var page = await session.ExecuteAsync(next, ct);
            foreach (var row in page.Rows)
            {
                var values = new object?[table.Columns.Count];
                for (var i = 0; i < values.Length; i++)
                    values[i] = row.IsNull(i) ? null : row.Get<object>(i);
                if (table.Compares(values, now))
                    tally.Add(values);
            }
            next = page.PagingState is null ? null : next.After(page.PagingState);
        }
        return tally;
    }

    // All tokens of Murmur3; the lowest number is none.
    private static IEnumerable<(long After, long UpTo)> Ranges(int count)
    {
        var size = (UInt128.One << 64) / (UInt128)count;
        long Bound(int i) => i == count ? long.MaxValue : (long)((Int128)long.MinValue + (Int128)(size * (UInt128)i));
        return Enumerable.Range(0, count).Select(i => (Bound(i), Bound(i + 1)));
    }

    private async Task WriteBatchAsync(List<MovedRow> batch, CancellationToken ct)
    {
        try
        {
            var inserts = batch.ConvertAll(ToInsert);
            await retries.RunAsync(() => inserts is [var only] ? session.ExecuteAsync(only, ct) : session.ExecuteBatchAsync(inserts, ct), ct);
        }
        finally
        {
            _writing.Release();
        }
    }

    // Rows of a partition together; small partitions share a request.
    private IEnumerable<List<MovedRow>> Batches(IReadOnlyList<MovedRow> rows)
    {
        var shared = new List<MovedRow>();
        var (partitions, sharedBytes) = (0, 0);
        foreach (var partition in rows.GroupBy(KeyOf).Select(group => group.ToList()))
        {
            var bytes = partition.Sum(BytesOf);
            if (partition.Count > MaxRows / MaxPartitions || bytes > MaxBytes / MaxPartitions)
            {
                foreach (var batch in Cut(partition))
                    yield return batch;
                continue;
            }
            if (partitions == MaxPartitions || sharedBytes + bytes > MaxBytes)
            {
                yield return shared;
                (shared, partitions, sharedBytes) = ([], 0, 0);
            }
            shared.AddRange(partition);
            (partitions, sharedBytes) = (partitions + 1, sharedBytes + bytes);
        }
        if (shared.Count > 0)
            yield return shared;
    }

    private static IEnumerable<List<MovedRow>> Cut(List<MovedRow> partition)
    {
        var (batch, bytes) = (new List<MovedRow>(), 0);
        foreach (var row in partition)
        {
            if (batch.Count > 0 && (batch.Count == MaxRows || bytes + BytesOf(row) > MaxBytes))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
            batch.Add(row);
            bytes += BytesOf(row);
        }
        yield return batch;
    }

    private string KeyOf(MovedRow row) => table.PartitionColumns == 1
        ? Convert.ToString(row.Values[0], CultureInfo.InvariantCulture)!
        : string.Join('\0', row.Values.Take(table.PartitionColumns).Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));

    private CqlStatement ToInsert(MovedRow row)
    {
        var columns = 0L;
        var values = new List<object?>(row.Values.Count + 2);
        for (var i = 0; i < row.Values.Count; i++)
        {
            if (row.Values[i] is not { } value)
                continue;
            columns |= 1L << i;
            values.Add(value);
        }
        values.Add(row.Timestamp);
        if (row.Ttl is { } seconds)
            values.Add(seconds);
        return new CqlStatement(InsertOf(columns, row.Ttl is not null), [.. values]);
    }

    private string InsertOf(long columns, bool expires)
    {
        lock (_inserts)
        {
            if (_inserts.TryGetValue((columns, expires), out var known))
                return known;
            var names = table.Columns.Where((_, i) => (columns & (1L << i)) != 0).ToList();
            return _inserts[(columns, expires)] =
                $"INSERT INTO {table.Table} ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select(_ => "?"))}) USING TIMESTAMP ?{(expires ? " AND TTL ?" : "")}";
        }
    }

    private static int BytesOf(MovedRow row) => 64 + row.Values.Sum(value => value switch
    {
        string text => text.Length,
        Utf8Text text => text.Length,
        byte[] bytes => bytes.Length,
        _ => 8,
    });
}

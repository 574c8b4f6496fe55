using System.Globalization;
using Chat.BuildingBlocks.Storage.Cql;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>
/// Copies a data directory's content into an empty keyspace, compares both, and marks both: the folder as moved, the keyspace as complete. What was stopped
/// at any moment goes on where it was. Its memory does not grow with what is copied.
/// </summary>
/// <remarks>
/// From its beginning no server starts on the folder (<see cref="MoveMarker"/>), and until its end none on the keyspace (<see cref="CqlUnfinishedMove"/>); while it
/// runs it holds the folder's lock. All writes are repeatable, so what was written after the last saved position is written again.
/// </remarks>
public sealed class StoreMove
{
    private readonly DataDirectory _folder;
    private readonly ICqlSession _session;
    private readonly IReadOnlyList<MovedTable> _tables;
    private readonly IReadOnlyList<IMoveStep> _steps;
    private readonly CqlOptions _options;
    private readonly TimeProvider _clock;
    private readonly CqlMoveState _state;

    public StoreMove(
        DataDirectory folder, ICqlSession session, IEnumerable<MovedTable> tables, IEnumerable<IMoveStep> steps, IOptions<CqlOptions> options, TimeProvider clock)
    {
        (_folder, _session, _tables, _steps, _options, _clock) = (folder, session, [.. tables], [.. steps], options.Value, clock);
        _state = new CqlMoveState(session, _options.Keyspace);
    }

    /// <summary>Rows in memory: so many, twice. A test takes fewer.</summary>
    internal int RowsAtOnce { get; init; } = 4_096;

    /// <summary>Moves all, or what is left of it.</summary>
    /// <param name="output">Gets a line for each thing that is done, and every few seconds.</param>
    /// <param name="ct">Stops; call again to go on.</param>
    /// <exception cref="StorageException">It cannot be done, or the copy is not the same. The message says what to do.</exception>
    /// <exception cref="Errors.StoreUnavailableException">The database does not answer: call again.</exception>
    public async Task RunAsync(TextWriter output, CancellationToken ct)
    {
        var gate = new Lock();
        void Tell(string line)
        {
            lock (gate)
                output.WriteLine(line);
        }

        var marker = await BeginAsync(ct);
        if (marker.CompletedAt is null)
        {
            var retries = new Retries(TimeSpan.FromMilliseconds(_options.StartTimeoutMs), _clock, Tell);
            foreach (var table in _tables)
                await CopyAsync(table, retries, Tell, ct);
            foreach (var table in _tables.Where(table => table.IsCompared))
                await CompareAsync(table, retries, Tell, ct);
            marker = marker with { CompletedAt = _clock.GetUtcNow() };
            // The folder first: a server must not run there after one has run on the copy.
            marker.Write(_folder.Path);
        }
        await _state.CompleteAsync(marker.Id, ct);
        Tell($"The data directory '{_folder.Path}' is moved to the keyspace {_options.Keyspace}: start the servers with Cql:ContactPoints and Cql:Keyspace.");
    }

    private async Task<MoveMarker> BeginAsync(CancellationToken ct)
    {
        var keyspace = _options.Keyspace;
        var marker = MoveMarker.Read(_folder.Path);
        if (marker is not null && marker.Keyspace != keyspace)
            throw new StorageException($"{marker.Refusal(_folder.Path)} Cql:Keyspace is {keyspace} now.");
        var target = await _state.ReadAsync(ct);
        if (target is var (other, _) && other != marker?.Id)
        {
            throw new StorageException(
                $"The keyspace {keyspace} was filled by the move of another data directory, or by one of this that was given up. {UseAnother(keyspace)}");
        }
        if (marker?.CompletedAt is not null)
            return target is null ? throw new StorageException(marker.Refusal(_folder.Path)) : marker;

        foreach (var step in _steps)
            await step.PrepareAsync(ct);
        if (target is null && await _state.FindTableWithRowsAsync(ct) is { } table)
            throw new StorageException($"The keyspace {keyspace} is not empty: its table {table} has rows that are not of this data directory. {UseAnother(keyspace)}");
        if (marker is null)
        {
            marker = new MoveMarker(Guid.CreateVersion7(_clock.GetUtcNow()), keyspace, _options.ContactPoints, _clock.GetUtcNow());
            marker.Write(_folder.Path);
        }
        if (!await _state.TryClaimAsync(marker.Id, ct))
            throw new StorageException($"Another move into the keyspace {keyspace} began at the same time. {UseAnother(keyspace)}");
        return marker;
    }

    private async Task CopyAsync(MovedTable table, Retries retries, Action<string> tell, CancellationToken ct)
    {
        var soFar = await retries.RunAsync(() => _state.ReadProgressAsync(table.Name, ct), ct);
        if (soFar.IsAll)
            return;
        var progress = new MoveProgress(table.Name, soFar.Rows, table.EstimateRows(), _clock, tell);
        using var target = new CqlTableCopy(_session, table, retries);
        var (position, read) = (soFar.Position, soFar.Rows);
        var saved = Task.CompletedTask;
        while (table.Read(position, RowsAtOnce) is { Count: > 0 } rows)
        {
            (position, read) = (rows[^1].Position, read + rows.Count);
            var (written, upTo) = (target.WriteAsync(rows, ct), new MovedSoFar(position, read, IsAll: false));
            await saved;
            saved = SaveAsync(written, upTo, rows.Count);
        }
        await saved;
        await SaveAsync(Task.CompletedTask, new MovedSoFar(position, read, IsAll: true), 0);
        progress.End("rows copied");

        async Task SaveAsync(Task written, MovedSoFar upTo, int rows)
        {
            await written;
            await retries.RunAsync(async () => { await _state.SaveProgressAsync(table.Name, upTo, ct); return true; }, ct);
            progress.Add(rows);
        }
    }

    private async Task CompareAsync(MovedTable table, Retries retries, Action<string> tell, CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        var source = new RowTally();
        for (string? position = null; table.Read(position, RowsAtOnce) is { Count: > 0 } rows; position = rows[^1].Position)
        {
            ct.ThrowIfCancellationRequested();
            foreach (var row in rows.Where(row => table.Compares(row.Values, now)))
                source.Add(row.Values);
        }
        var progress = new MoveProgress($"{table.Name}, compared", 0, source.Rows, _clock, tell);
        using var copy = new CqlTableCopy(_session, table, retries);
        var target = await copy.TallyAsync(source.Rows, now, progress.Add, ct);
        if (!source.IsSameAs(target))
        {
            throw new StorageException(string.Create(CultureInfo.InvariantCulture,
                $"The copy is not the same: of the {table.Name} the data directory has {source.Rows:N0} with the checksum {source.Checksum}, the table {table.Table} {target.Rows:N0} with {target.Checksum}. Something else wrote to the keyspace or to the folder: drop the keyspace {_options.Keyspace} and begin again."));
        }
        tell(string.Create(CultureInfo.InvariantCulture, $"{table.Name}: {source.Rows:N0} rows with the checksum {source.Checksum}, the same on both sides"));
    }

    private static string UseAnother(string keyspace) => $"Name a new keyspace with Cql:Keyspace, or drop this one: DROP KEYSPACE {keyspace}";
}

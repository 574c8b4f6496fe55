using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Tests.Moving;

/// <summary>A folder's rows are moved into a keyspace of the real server: all of them once, whatever stops it, or nothing is said to be done.</summary>
public sealed class StoreMoveTests : IClassFixture<CassandraServer>, IAsyncLifetime
{
    private readonly CassandraServer _server;
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private readonly StringWriter _output = new();
    private readonly Numbers _numbers = new(500);
    private readonly Step _step = new();
    private ICqlSession _session = null!;

    public StoreMoveTests(CassandraServer server) => _server = server;

    public async ValueTask InitializeAsync()
    {
        if (CassandraServer.IsMissing)
            return;
        _session = await _server.OpenAsync(ct: TestContext.Current.CancellationToken);
        await _session.ExecuteAsync(new("DROP TABLE IF EXISTS schema_move"), Cancelled);
        await _session.ExecuteAsync(new("CREATE TABLE IF NOT EXISTS test_numbers (part text, number bigint, word text, PRIMARY KEY (part, number))"), Cancelled);
        await _session.ExecuteAsync(new("TRUNCATE test_numbers"), Cancelled);
    }

    public ValueTask DisposeAsync()
    {
        _output.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task All_rows_are_copied_compared_and_the_folder_is_marked()
    {
        Skip();

        await MoveAsync(_session);

        Assert.Equal(_numbers.Count, await CountAsync());
        Assert.Equal(1, _step.Prepared);
        Assert.Contains("numbers: 500 rows with the checksum", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("was moved to the keyspace", Assert.Throws<StorageException>(() => new DataDirectory(Folder)).Message, StringComparison.Ordinal);
        await new CqlUnfinishedMove(_session, Options.Create(_server.Options)).OpenAsync(Cancelled);
        // Once more does nothing.
        await MoveAsync(_session);
        Assert.Equal(1, _step.Prepared);
    }

    [Fact]
    public async Task What_was_stopped_at_any_statement_goes_on_where_it_was()
    {
        Skip();
        for (var n = 1; n <= 60; n += Random.Shared.Next(4, 12))
        {
            await InitializeAsync();
            File.Delete(Path.Combine(_folder, MoveMarker.FileName));
            try
            {
                await MoveAsync(FaultyCqlSession.DyingAt(_session, n), patienceMs: 0);
                continue;
            }
            catch (StoreUnavailableException)
            {
                // As if it had been killed.
            }
            var isMarked = File.Exists(Path.Combine(_folder, MoveMarker.FileName));
            Assert.Equal(isMarked, Record.Exception(() => new DataDirectory(Folder).Dispose()) is StorageException);

            await MoveAsync(_session);

            Assert.Equal(_numbers.Count, await CountAsync());
        }
    }

    [Fact]
    public async Task A_page_is_done_when_its_rows_are_there()
    {
        Skip();
        // Rows of the first page and of a later one, which get lost while all else goes on.
        foreach (var lost in (int[])[1, 40])
        {
            await InitializeAsync();
            File.Delete(Path.Combine(_folder, MoveMarker.FileName));
            var writes = 0;
            var lossy = new FaultyCqlSession(_session, statement => Task.FromResult(
                statement.Cql.StartsWith("INSERT INTO test_numbers", StringComparison.Ordinal) && Interlocked.Increment(ref writes) == lost
                    ? CqlFault.NotSent
                    : CqlFault.None));
            await Assert.ThrowsAsync<StoreUnavailableException>(() => MoveAsync(lossy, patienceMs: 0));

            await MoveAsync(_session);

            Assert.Equal(_numbers.Count, await CountAsync());
        }
    }

    [Fact]
    public async Task It_does_not_begin_anew_what_was_copied()
    {
        Skip();
        // In the middle of the copy.
        await Assert.ThrowsAsync<StoreUnavailableException>(() => MoveAsync(FaultyCqlSession.DyingAt(_session, 40), patienceMs: 0));
        var firsts = _numbers.ReadsOfTheFirstPage;

        await MoveAsync(_session);

        // Only to compare.
        Assert.Equal(firsts + 1, _numbers.ReadsOfTheFirstPage);
    }

    [Fact]
    public async Task A_server_does_not_start_on_what_is_not_complete()
    {
        Skip();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => MoveAsync(FaultyCqlSession.DyingAt(_session, 40), patienceMs: 0));

        var refusal = await Assert.ThrowsAsync<StorageException>(() => new CqlUnfinishedMove(_session, Options.Create(_server.Options)).OpenAsync(Cancelled));

        Assert.Contains("is being filled from a data directory", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_keyspace_with_rows_of_others_is_refused_and_nothing_is_marked()
    {
        Skip();
        await _session.ExecuteAsync(new("INSERT INTO test_numbers (part, number, word) VALUES ('a', 1, 'another')"), Cancelled);

        var refusal = await Assert.ThrowsAsync<StorageException>(() => MoveAsync(_session));

        Assert.Contains("its table test_numbers has rows", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"DROP KEYSPACE {_server.Options.Keyspace}", refusal.Message, StringComparison.Ordinal);
        new DataDirectory(Folder).Dispose();
    }

    [Fact]
    public async Task The_keyspace_of_another_folders_move_is_refused()
    {
        Skip();
        await MoveAsync(_session);
        File.Delete(Path.Combine(_folder, MoveMarker.FileName));

        var refusal = await Assert.ThrowsAsync<StorageException>(() => MoveAsync(_session));

        Assert.Contains("was filled by the move of another data directory", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_is_not_the_same_is_not_called_complete()
    {
        Skip();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => MoveAsync(FaultyCqlSession.DyingAt(_session, 40), patienceMs: 0));
        await _session.ExecuteAsync(new("INSERT INTO test_numbers (part, number, word) VALUES ('a', 1, 'another')"), Cancelled);

        var refusal = await Assert.ThrowsAsync<StorageException>(() => MoveAsync(_session));

        Assert.Contains("The copy is not the same: of the numbers", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("is being moved to the keyspace", Assert.Throws<StorageException>(() => new DataDirectory(Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_can_be_used_again_and_its_modules_know_of_what_came_since()
    {
        Skip();
        await MoveAsync(_session);

        using (var folder = DataDirectory.OpenToMove(Folder))
            await new MoveReturn(folder, [_step]).RunAsync(_output, Cancelled);

        new DataDirectory(Folder).Dispose();
        Assert.Equal(1, _step.Returned);
        using (var folder = DataDirectory.OpenToMove(Folder))
            await Assert.ThrowsAsync<StorageException>(() => new MoveReturn(folder, [_step]).RunAsync(_output, Cancelled));
    }

    [Fact]
    public async Task A_folder_that_a_server_uses_is_refused()
    {
        Skip();
        using var server = new DataDirectory(Folder);

        var refusal = await Assert.ThrowsAsync<StorageException>(() => MoveAsync(_session));

        Assert.Contains("Stop the server that uses it", refusal.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IOptions<StorageOptions> Folder => Options.Create(new StorageOptions { DataDirectory = _folder });

    private static void Skip() => Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);

    private async Task MoveAsync(ICqlSession session, int patienceMs = 60_000)
    {
        using var folder = DataDirectory.OpenToMove(Folder);
        var options = Options.Create(new CqlOptions { Keyspace = _server.Options.Keyspace, StartTimeoutMs = patienceMs });
        await new StoreMove(folder, session, [_numbers], [_step], options, TimeProvider.System) { RowsAtOnce = 50 }.RunAsync(_output, Cancelled);
    }

    private async Task<int> CountAsync()
    {
        var rows = await _session.ExecuteAsync(new CqlStatement("SELECT number FROM test_numbers") { PageSize = 10_000 }, Cancelled);
        return rows.Rows.Count;
    }

    private sealed class Step : IMoveStep
    {
        public int Prepared { get; private set; }

        public int Returned { get; private set; }

        public Task PrepareAsync(CancellationToken ct)
        {
            Prepared++;
            return Task.CompletedTask;
        }

        public Task ReturnAsync(CancellationToken ct)
        {
            Returned++;
            return Task.CompletedTask;
        }
    }

    private sealed class Numbers(int count) : MovedTable
    {
        public int Count => count;

        public int ReadsOfTheFirstPage { get; private set; }

        public override string Name => "numbers";

        public override string Table => "test_numbers";

        public override IReadOnlyList<string> Columns { get; } = ["part", "number", "word"];

        public override long EstimateRows() => count;

        public override IReadOnlyList<MovedRow> Read(string? after, int limit)
        {
            ReadsOfTheFirstPage += after is null ? 1 : 0;
            var first = after is null ? 1 : int.Parse(after, null) + 1;
            return [.. Enumerable.Range(first, Math.Clamp(count - first + 1, 0, limit)).Select(number => new MovedRow(
                $"{number}", [number % 3 == 0 ? "many" : $"part {number}", (long)number, number % 2 == 0 ? null : $"ü{number}"]))];
        }
    }
}

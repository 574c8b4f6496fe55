using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>A database without rows, but for what a test tells it, and for a keyspace in one data centre.</summary>
internal sealed class ScriptedCqlDriver : ICqlDriver
{
    private int _closed;

    /// <summary>How the keyspace is kept.</summary>
    public string Replication { get; set; } = """{"class": "org.apache.cassandra.locator.NetworkTopologyStrategy", "dc1": "3"}""";

    /// <summary>Why a statement fails; null where it does not.</summary>
    public Func<CqlStatement, Exception?> Fails { get; set; } = _ => null;

    /// <summary>No node answers.</summary>
    public bool IsDown { get; set; }

    /// <summary>How often a session was closed.</summary>
    public int Closed => _closed;

    public Task<ICqlSession> ConnectAsync(CancellationToken ct) =>
        IsDown ? throw new StoreUnavailableException("No node answers.") : Task.FromResult<ICqlSession>(new Session(this));

    private sealed class Session(ScriptedCqlDriver driver) : ICqlSession
    {
        private bool _disposed;

        public Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (driver.Fails(statement) is { } failure)
                throw failure;
            return Task.FromResult(new CqlResult(
                statement.Cql.Contains("system_schema.keyspaces", StringComparison.Ordinal)
                    ? [new TextRow($$"""{"replication": {{driver.Replication}}}""")]
                    : []));
        }

        public Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default) =>
            Task.FromResult(new CqlResult([]));

        public ValueTask DisposeAsync()
        {
            _disposed = true;
            Interlocked.Increment(ref driver._closed);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class TextRow(string text) : CqlRow
    {
        public override bool IsNull(int column) => false;

        public override T Get<T>(int column) => (T)(object)text;
    }
}

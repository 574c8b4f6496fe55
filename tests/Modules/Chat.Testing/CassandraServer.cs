using System.Globalization;
using Chat.BuildingBlocks.Storage.Cql;
#if CQL_SCYLLADB
using Chat.BuildingBlocks.Storage.Scylla;
#else
using Chat.BuildingBlocks.Storage.Cql.Client;
using Microsoft.Extensions.Logging.Abstractions;
#endif

namespace Chat.Testing;

/// <summary>
/// A class fixture: a keyspace of its own on the real server that <c>CHAT_TEST_CQL=host:port</c> names, dropped afterwards. Without one
/// <see cref="IsMissing"/> says so, and the test skips with <see cref="Missing"/>. <c>CHAT_TEST_CQL_REPLICATION</c> says how many copies it
/// keeps, 1 by default.
/// </summary>
public sealed class CassandraServer : IAsyncDisposable
{
    public const string Missing = "no Cassandra: set CHAT_TEST_CQL";

    private readonly TestMeters _meters = new();
    private readonly SemaphoreSlim _opening = new(1);
    private ICqlSession? _session;

    public static bool IsMissing => string.IsNullOrEmpty(ContactPoint);

    public CqlOptions Options { get; } = new()
    {
        ContactPoints = ContactPoint ?? "",
        Keyspace = string.Create(CultureInfo.InvariantCulture, $"chat_test_{Random.Shared.NextInt64():x}"),
        ReplicationFactor = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_CQL_REPLICATION") ?? "1", CultureInfo.InvariantCulture),
        RequestTimeoutMs = 30_000,
        ConnectTimeoutMs = 30_000,
    };

    private static string? ContactPoint => Environment.GetEnvironmentVariable("CHAT_TEST_CQL");

    /// <summary>The session of all tests of the class, in the keyspace. Nobody but the fixture ends it.</summary>
    /// <param name="connect">How the first caller connects; null: as <see cref="ConnectAsync"/> does.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<ICqlSession> OpenAsync(Func<CqlOptions, Task<ICqlSession>>? connect = null, CancellationToken ct = default)
    {
        await _opening.WaitAsync(ct);
        try
        {
            return _session ??= await (connect?.Invoke(Options) ?? ConnectAsync(ct));
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Another session of the client that the tests were built with, for the caller to end.</summary>
#if CQL_SCYLLADB
    public Task<ICqlSession> ConnectAsync(CancellationToken ct = default) =>
        new ScyllaDriver(Microsoft.Extensions.Options.Options.Create(Options)).ConnectAsync(ct);
#else
    public async Task<ICqlSession> ConnectAsync(CancellationToken ct = default) =>
        await CqlSession.ConnectAsync(Options, _meters, NullLoggerFactory.Instance, TimeProvider.System, ct);
#endif

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.ExecuteAsync(new CqlStatement($"DROP KEYSPACE IF EXISTS \"{Options.Keyspace}\""));
            await _session.DisposeAsync();
        }
        _meters.Dispose();
        _opening.Dispose();
    }
}

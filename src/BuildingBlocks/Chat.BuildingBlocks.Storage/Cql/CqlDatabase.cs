using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// The server's one session. It is connected, and the tables are brought up to date, before any other service starts. It is closed after all others
/// stopped: this service is registered first, and <see cref="StoppedAsync"/> runs in the reverse order of registration.
/// </summary>
internal sealed class CqlDatabase(
    ICqlDriver driver, CqlSchema schema, IServiceProvider services, IOptions<CqlOptions> options, TimeProvider clock, ILogger<CqlDatabase> log)
    : ICqlSession, IStoreHealth, IHostedLifecycleService
{
    // CQL binary protocol §9.
    private const int Unauthorized = 0x2100;

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private ICqlSession? _session;

    private ICqlSession Session => _session ?? throw new StoreUnavailableException("The database is not connected.");

    public Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default) => Session.ExecuteAsync(statement, ct);

    public Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default) =>
        Session.ExecuteBatchAsync(statements, ct);

    /// <summary>Reads with the consistency level that appends need.</summary>
    public Task ProbeAsync(CancellationToken ct) => ExecuteAsync(new("SELECT version FROM schema_versions WHERE module = 'messaging' LIMIT 1"), ct);

    /// <exception cref="StorageException">The database did not answer within <see cref="CqlOptions.StartTimeoutMs"/>, or it cannot be used as it is.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value is { Password.Length: > 0, Tls: false })
            log.PasswordInTheClear();
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                _session ??= await driver.ConnectAsync(cancellationToken);
                await CqlDatacenters.CheckAsync(_session, options.Value, cancellationToken);
                await schema.ApplyAsync(_session, cancellationToken);
                foreach (var store in services.GetServices<IOpenedAtStart>())
                    await store.OpenAsync(cancellationToken);
                return;
            }
            catch (StoreUnavailableException e)
            {
                if (clock.GetElapsedTime(started) > TimeSpan.FromMilliseconds(options.Value.StartTimeoutMs))
                    throw new StorageException($"The database at Cql:ContactPoints '{options.Value.ContactPoints}' cannot be used: {e.Message} Is it up, and are the addresses right?", e);
                log.DatabaseDoesNotAnswer(options.Value.ContactPoints, e.Message);
            }
            catch (CqlException e)
            {
                throw new StorageException($"The database at Cql:ContactPoints '{options.Value.ContactPoints}' refuses what the server needs: {e.Message} {Remedy(e)}", e);
            }
            await Task.Delay(TryAgainAfter, clock, cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await DisposeAsync();

    // Closes the session of a start that failed. The container calls it once for each service that this is registered as.
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _session, null) is { } session)
            await session.DisposeAsync();
    }

    private string Remedy(CqlException e) => e switch
    {
        { Code: Unauthorized } =>
            $"Grant the role of Cql:Username CREATE, ALTER, SELECT and MODIFY on the keyspace {options.Value.Keyspace}, and SELECT on system and system_schema.",
        // In some versions of ScyllaDB tables with tablets take no conditional statements.
        _ when e.Message.Contains("tablets", StringComparison.OrdinalIgnoreCase) =>
            $"Create the keyspace {options.Value.Keyspace} again, with tablets = {{'enabled': false}}: docs/operations.md.",
        _ => "Check that this server supports the database's version, and that nothing else uses the keyspace: docs/operations.md.",
    };
}

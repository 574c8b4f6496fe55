using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// The lock of the one server that changes the tables, until it is disposed. If that server dies, its row expires after a minute.
/// </summary>
internal sealed class CqlSchemaLock : IAsyncDisposable
{
    private const string Name = "schema";

    // Seconds. Longer than any change of a table takes.
    private const int LivesFor = 60;

    private readonly ICqlSession _session;
    private readonly Guid _holder;

    private CqlSchemaLock(ICqlSession session, Guid holder) => (_session, _holder) = (session, holder);

    /// <summary>Null while another server holds it, or when the database did not say.</summary>
    public static async Task<CqlSchemaLock?> TryTakeAsync(ICqlSession session, TimeProvider clock, CancellationToken ct)
    {
        var taken = new CqlSchemaLock(session, Guid.CreateVersion7(clock.GetUtcNow()));
        try
        {
            var insert = new CqlStatement($"INSERT INTO schema_lock (name, holder) VALUES (?, ?) IF NOT EXISTS USING TTL {LivesFor}", Name, taken._holder)
            {
                Idempotent = false,
            };
            return (await session.ExecuteAsync(insert, ct)).Applied ? taken : null;
        }
        catch (StoreUnavailableException)
        {
            // Happens when several servers try at once. If this one got it, release it now rather than after a minute.
            await taken.DisposeAsync();
            return null;
        }
    }

    /// <summary>False when this server does not hold it any more.</summary>
    public async Task<bool> RenewAsync(CancellationToken ct)
    {
        var update = new CqlStatement($"UPDATE schema_lock USING TTL {LivesFor} SET holder = ? WHERE name = ? IF holder = ?", _holder, Name, _holder)
        {
            // Conditional, but safe to repeat.
            Idempotent = true,
        };
        return (await _session.ExecuteAsync(update, ct)).Applied;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _session.ExecuteAsync(
                new CqlStatement("DELETE FROM schema_lock WHERE name = ? IF holder = ?", Name, _holder) { Idempotent = false }, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The row expires by itself.
        }
    }
}

using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>
/// Held by the one host that changes the tables, until it is disposed of. A host that died holding it holds it for a minute more: that is
/// how long its row lives when it is not renewed.
/// </summary>
internal sealed class CqlSchemaLock : IAsyncDisposable
{
    private const string Name = "schema";

    // Seconds; longer than any one change of a table takes.
    private const int LivesFor = 60;

    private readonly ICqlSession _session;
    private readonly Guid _holder;

    private CqlSchemaLock(ICqlSession session, Guid holder) => (_session, _holder) = (session, holder);

    /// <summary>Null while another holds it, or when that cannot be told.</summary>
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
            // As when several reach for it at once. Should it be held now, it must not stay so for its whole life.
            await taken.DisposeAsync();
            return null;
        }
    }

    /// <summary>False where it is not held any more.</summary>
    public async Task<bool> RenewAsync(CancellationToken ct)
    {
        var update = new CqlStatement($"UPDATE schema_lock USING TTL {LivesFor} SET holder = ? WHERE name = ? IF holder = ?", _holder, Name, _holder)
        {
            // With a condition, but twice is as good as once.
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
            // Its life ends by itself.
        }
    }
}

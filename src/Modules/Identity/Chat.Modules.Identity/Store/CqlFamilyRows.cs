using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Identity.Store;

/// <summary>A row of <c>identity_families</c>.</summary>
internal sealed record CqlFamily(Guid Id, DeviceAddress Device, Guid Generation, long Number, byte[] TokenHash, DateTimeOffset ExpiresAt);

/// <summary>Table <c>identity_families</c>.</summary>
internal sealed class CqlFamilyRows(ICqlSession session, TimeProvider clock)
{
    /// <summary>How much longer a row lives than its token: the servers' clocks decide when a token expires, not the database's.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    public async Task<CqlFamily?> FindAsync(Guid family, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT user_id, device_id, generation, number, token_hash, expires_at FROM identity_families WHERE family_id = ?", family)
            {
                Linearizable = linearizable,
            },
            ct);
        return found.Rows is [var row]
            ? new CqlFamily(
                family, new DeviceAddress(UserId.Parse(row.Get<string>(0)), DeviceId.Parse(row.Get<string>(1))), row.Get<Guid>(2), row.Get<long>(3),
                row.Get<byte[]>(4), row.Get<DateTimeOffset>(5))
            : null;
    }

    // With a condition that always holds: a row's writes must all be conditional or none, since the two kinds take timestamps from different clocks.
    public Task AddAsync(CqlFamily family, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            """
            INSERT INTO identity_families (family_id, user_id, device_id, generation, number, token_hash, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?
            """,
            family.Id, family.Device.User.Value, family.Device.Device.Value, family.Generation, family.Number, family.TokenHash, family.ExpiresAt,
            LivesFor(family)) { Idempotent = false },
        ct);

    /// <summary>False if the family has changed meanwhile.</summary>
    public async Task<bool> TryReplaceAsync(CqlFamily was, CqlFamily now, CancellationToken ct)
    {
        // Writes all columns, since each column has a TTL of its own.
        var replace = new CqlStatement(
            """
            UPDATE identity_families USING TTL ?
            SET user_id = ?, device_id = ?, generation = ?, number = ?, token_hash = ?, expires_at = ?
            WHERE family_id = ? IF token_hash = ?
            """,
            LivesFor(now), now.Device.User.Value, now.Device.Device.Value, now.Generation, now.Number, now.TokenHash, now.ExpiresAt,
            was.Id, was.TokenHash) { Idempotent = false };
        try
        {
            return (await session.ExecuteAsync(replace, ct)).Applied;
        }
        catch (StoreUnavailableException)
        {
            // The update may have happened: then the client, which got no answer and presents the same token again, would be taken for a thief.
            if (await FindAsync(was.Id, linearizable: true, ct) is { } found && found.TokenHash.AsSpan().SequenceEqual(now.TokenHash))
                return true;
            throw;
        }
    }

    /// <inheritdoc cref="TryReplaceAsync"/>
    public async Task<bool> TryEndAsync(CqlFamily was, CancellationToken ct)
    {
        var ended = await session.ExecuteAsync(
            new CqlStatement("DELETE FROM identity_families WHERE family_id = ? IF token_hash = ?", was.Id, was.TokenHash) { Idempotent = false }, ct);
        return ended.Applied;
    }

    // Whole seconds.
    private int LivesFor(CqlFamily family)
    {
        var left = family.ExpiresAt - clock.GetUtcNow();
        return (int)((left > TimeSpan.Zero ? left : TimeSpan.Zero) + Grace).TotalSeconds;
    }
}

using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Identity.Moving;

/// <summary>The devices, those that were revoked of late too: in the cluster a revoked one keeps its row.</summary>
internal sealed class MovedDevices(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "devices";

    public override string Table => "identity_devices";

    public override IReadOnlyList<string> Columns { get; } =
        ["user_id", "device_id", "name", "created_at", "issued_at", "used_at", "revoked_at", "forgotten_at", "generation", "opened"];

    public override IReadOnlyList<string> Sources { get; } = ["identity_devices", "identity_revocations", "identity_half_revoked"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        WITH known AS (
          SELECT user_id, device_id FROM identity_devices WHERE (user_id, device_id) > ($k0, $k1)
          UNION SELECT user_id, device_id FROM identity_revocations WHERE (user_id, device_id) > ($k0, $k1)
          UNION SELECT user_id, device_id FROM identity_half_revoked WHERE (user_id, device_id) > ($k0, $k1)
          ORDER BY user_id, device_id LIMIT $limit)
        SELECT user_id, device_id, name, created_ms, issued_ms, used_ms, revoked_ms, half.device_id IS NOT NULL,
          (SELECT count(*) FROM identity_refresh_families AS f WHERE f.user_id = known.user_id AND f.device_id = known.device_id)
        FROM known
          LEFT JOIN identity_devices USING (user_id, device_id)
          LEFT JOIN identity_revocations USING (user_id, device_id)
          LEFT JOIN identity_half_revoked AS half USING (user_id, device_id)
        ORDER BY user_id, device_id
        """;

    protected override MovedRow ToRow(string position, DbDataReader row)
    {
        // Where the time of a revocation that is not complete was deleted, the lowest is as good: all tokens from before it have expired.
        var isPending = row.GetBoolean(7);
        var revoked = TimeOrNull(row, 6) ?? (isPending ? DateTimeOffset.UnixEpoch : null);
        return new MovedRow(
            position,
            [
                row.GetString(0), row.GetString(1), TextOrNull(row, 2), TimeOrNull(row, 3) ?? revoked, TimeOrNull(row, 4) ?? revoked, TimeOrNull(row, 5),
                revoked, isPending ? null : revoked, GenerationOf(row.GetString(0), row.GetString(1)), row.GetInt64(8),
            ]);
    }

    /// <summary>A device's first generation in the cluster; always the same.</summary>
    public static Guid GenerationOf(string user, string device) => new(SHA256.HashData(Encoding.ASCII.GetBytes($"{user} {device}")).AsSpan(0, 16));
}

/// <summary>The refresh tokens that have not expired, each device's numbered as if they had been opened in the order in which they expire.</summary>
internal sealed class MovedFamilies(SqliteDatabase database, TimeProvider clock) : SqliteMovedTable(database)
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    public override string Name => "refresh tokens";

    public override string Table => "identity_families";

    public override IReadOnlyList<string> Columns { get; } = ["family_id", "user_id", "device_id", "generation", "number", "token_hash", "expires_at"];

    public override IReadOnlyList<string> Sources { get; } = ["identity_refresh_families"];

    protected override int Keys => 4;

    protected override string Sql =>
        """
        SELECT user_id, device_id, printf('%020d', expires_ms), hex(family_id), family_id, token_hash, expires_ms,
          (SELECT count(*) FROM identity_refresh_families AS other WHERE other.user_id = own.user_id AND other.device_id = own.device_id
            AND (other.expires_ms, other.family_id) <= (own.expires_ms, own.family_id))
        FROM identity_refresh_families AS own
        WHERE (user_id, device_id, expires_ms, family_id) > ($k0, $k1, CAST($k2 AS INTEGER), unhex($k3))
        ORDER BY user_id, device_id, expires_ms, family_id LIMIT $limit
        """;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => (DateTimeOffset)values[6]! > now;

    // One that has expired is copied too, and goes after the grace: which ones have is then for the servers' clocks to say.
    protected override MovedRow ToRow(string position, DbDataReader row)
    {
        var (user, device, expires) = (row.GetString(0), row.GetString(1), Time(row, 6));
        var left = expires - clock.GetUtcNow();
        return new MovedRow(
            position,
            [new Guid((byte[])row.GetValue(4)), user, device, MovedDevices.GenerationOf(user, device), row.GetInt64(7), (byte[])row.GetValue(5), expires])
        {
            Ttl = (int)((left > TimeSpan.Zero ? left : TimeSpan.Zero) + Grace).TotalSeconds,
        };
    }
}

/// <summary>The revocations that access tokens may be left of, for the servers that start.</summary>
internal sealed class MovedRevocations(SqliteDatabase database) : SqliteMovedTable(database)
{
    private const int Shards = 16;

    public override string Name => "revocations";

    public override string Table => "identity_revocations";

    public override IReadOnlyList<string> Columns { get; } = ["shard", "revoked_at", "user_id", "device_id"];

    public override IReadOnlyList<string> Sources { get; } = ["identity_revocations"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, device_id, revoked_ms FROM identity_revocations
        WHERE (user_id, device_id) > ($k0, $k1) ORDER BY user_id, device_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [(int)(row.GetInt64(2) % Shards), Time(row, 2), row.GetString(0), row.GetString(1)]);
}

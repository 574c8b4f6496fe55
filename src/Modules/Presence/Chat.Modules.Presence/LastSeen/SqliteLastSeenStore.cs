using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Presence.LastSeen;

// presence_last_seen   user → seen_at (Unix ms); a row a user who was ever online
internal sealed class SqliteLastSeenStore(SqliteDatabase database, TimeProvider clock) : ILastSeenStore
{
    private const string Save =
        """
        INSERT INTO presence_last_seen VALUES ($user, $seenAt)
        ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at WHERE excluded.seen_at > seen_at OR seen_at > $ahead
        """;

    private const string Get =
        "SELECT user, seen_at FROM presence_last_seen WHERE user IN (SELECT value FROM json_each($users)) AND seen_at <= $ahead";

    public Task SaveAsync(IReadOnlyCollection<KeyValuePair<UserId, DateTimeOffset>> times, CancellationToken ct) =>
        database.WriteAsync(
            connection =>
            {
                var ahead = Ahead();
                connection.Execute(Save, times.Select(time => new { user = time.Key.Value, seenAt = time.Value.ToUnixTimeMilliseconds(), ahead }));
            },
            ct);

    public Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var names = JsonSerializer.Serialize(users);
        var rows = database.Read(connection => connection.Query<(string User, long SeenAt)>(Get, new { users = names, ahead = Ahead() }));
        return Task.FromResult<IReadOnlyDictionary<UserId, DateTimeOffset>>(
            rows.ToDictionary(row => UserId.Parse(row.User), row => DateTimeOffset.FromUnixTimeMilliseconds(row.SeenAt)));
    }

    private long Ahead() => (clock.GetUtcNow() + ILastSeenStore.MaxAhead).ToUnixTimeMilliseconds();
}

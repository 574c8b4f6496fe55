using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Presence.LastSeen;

// presence_last_seen   user → seen_at (Unix ms); a row a user who was ever online
internal sealed class SqliteLastSeenStore(SqliteDatabase database) : ILastSeenStore
{
    private const string Save =
        "INSERT INTO presence_last_seen VALUES ($user, $seenAt) ON CONFLICT DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)";

    private const string Get =
        "SELECT user, seen_at FROM presence_last_seen WHERE user IN (SELECT value FROM json_each($users))";

    public Task SaveAsync(IReadOnlyCollection<KeyValuePair<UserId, DateTimeOffset>> times, CancellationToken ct) =>
        database.WriteAsync(
            connection =>
            {
                connection.Execute(Save, times.Select(time => new { user = time.Key.Value, seenAt = time.Value.ToUnixTimeMilliseconds() }));
            },
            ct);

    public Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var names = JsonSerializer.Serialize(users);
        var rows = database.Read(connection => connection.Query<(string User, long SeenAt)>(Get, new { users = names }));
        return Task.FromResult<IReadOnlyDictionary<UserId, DateTimeOffset>>(
            rows.ToDictionary(row => UserId.Parse(row.User), row => DateTimeOffset.FromUnixTimeMilliseconds(row.SeenAt)));
    }
}

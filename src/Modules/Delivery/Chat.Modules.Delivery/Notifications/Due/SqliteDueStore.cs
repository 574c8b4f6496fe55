using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Delivery.Notifications.Sending;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>
/// Tables <c>delivery_push_queue</c> and <c>delivery_push_due</c> (migrations/). A claim moves the device's due time to the end of the lease. Claims of an earlier run of the server, which alone uses the database, end at the
/// start, and what waits then waits no longer than a server pauses by itself: the clock may have been ahead.
/// </summary>
internal sealed class SqliteDueStore(SqliteDatabase database, TimeProvider clock) : IDueStore
{
    private readonly SteadyTime _time = new(clock);

    // What earlier runs had claimed.
    private Task<int>? _released;

    public Task AddAsync(PushKind kind, IReadOnlyCollection<DueItem> items, CancellationToken ct)
    {
        var now = Now;
        return database.WriteAsync(connection =>
        {
            foreach (var item in items)
            {
                var row = new
                {
                    kind = (int)kind, user = item.Device.User.Value, device = item.Device.Device.Value, conversation = item.Conversation.Value,
                    upTo = item.UpTo.Value, since = item.Since.ToUnixTimeMilliseconds(), now,
                };
                connection.Execute(
                    """
                    INSERT INTO delivery_push_due VALUES ($kind, $user, $device, $conversation, $upTo, $since)
                    ON CONFLICT DO UPDATE SET up_to = max(up_to, excluded.up_to), since_ms = min(since_ms, excluded.since_ms)
                    """, row);
                connection.Execute(
                    """
                    INSERT INTO delivery_push_queue VALUES ($kind, $user, $device, $now, NULL, 0, NULL)
                    ON CONFLICT DO UPDATE SET due_ms = min(due_ms, $now) WHERE claim IS NULL AND attempts = 0
                    """, row);
            }
        }, ct);
    }

    public async Task<IReadOnlyList<DueClaim>> ClaimAsync(PushKind kind, int maxDevices, TimeSpan lease, CancellationToken ct)
    {
        await (_released ??= ReleaseAsync()).WaitAsync(ct);
        var now = Now;
        // Nothing is due most of the time: no transaction for that.
        if (maxDevices < 1 || database.Read(reader => FindDue(reader, kind, now, 1)).Count == 0)
            return [];
        var until = now + (long)lease.TotalMilliseconds;
        return await database.WriteAsync(connection => FindDue(connection, kind, now, maxDevices).ConvertAll(row => Claim(connection, kind, row, until)), ct);
    }

    public Task SettleAsync(DueClaim claim, DueSettlement settlement, CancellationToken ct)
    {
        var due = Now + (long)settlement.Pause.TotalMilliseconds;
        return database.WriteAsync(connection =>
        {
            var key = new
            {
                kind = (int)claim.Kind, user = claim.Device.User.Value, device = claim.Device.Device.Value, claim = claim.Token.ToString(), due,
                settlement.Attempts, settlement.Reason,
            };
            var isHeld = connection.Execute(
                """
                UPDATE delivery_push_queue SET due_ms = $due, claim = NULL, attempts = $Attempts, reason = $Reason
                WHERE kind = $kind AND user_id = $user AND device_id = $device AND claim = $claim
                """, key) > 0;
            if (!isHeld)
                return;
            connection.Execute(
                """
                DELETE FROM delivery_push_due
                WHERE kind = $kind AND user_id = $user AND device_id = $device AND conversation_id = $conversation AND up_to <= $upTo
                """,
                settlement.Done.Select(item => new { key.kind, key.user, key.device, conversation = item.Conversation.Value, upTo = item.UpTo.Value }));
            connection.Execute(
                """
                DELETE FROM delivery_push_queue WHERE kind = $kind AND user_id = $user AND device_id = $device
                AND NOT EXISTS (SELECT 1 FROM delivery_push_due WHERE kind = $kind AND user_id = $user AND device_id = $device)
                """, key);
        }, ct);
    }

    public Task<DueSummary> SummariseAsync(PushKind kind, CancellationToken ct) => Task.FromResult(database.Read(reader =>
    {
        var devices = reader.ExecuteScalar<long>("SELECT count(*) FROM delivery_push_queue WHERE kind = $kind", new { kind = (int)kind });
        var oldest = reader.ExecuteScalar<long?>("SELECT min(since_ms) FROM delivery_push_due WHERE kind = $kind", new { kind = (int)kind });
        return new DueSummary(devices, oldest is { } since ? DateTimeOffset.FromUnixTimeMilliseconds(since) : null);
    }));

    // It is as durable as the messages.
    public Task<Rebuild> TryRebuildAsync(TimeSpan lease, CancellationToken ct) => Task.FromResult(Rebuild.None);

    public Task MarkWholeAsync(CancellationToken ct) => Task.CompletedTask;

    private long Now => _time.Now.ToUnixTimeMilliseconds();

    private Task<int> ReleaseAsync()
    {
        var now = Now;
        return database.WriteAsync(connection => connection.Execute(
            """
            UPDATE delivery_push_queue SET claim = NULL, due_ms = min(due_ms, CASE
                WHEN claim IS NOT NULL OR attempts = 0 THEN $now
                WHEN reason = $rateLimited THEN due_ms
                ELSE $paused END)
            WHERE claim IS NOT NULL OR (kind IN (0, 1, 2) AND due_ms > $now)
            """, new { now, paused = now + (long)NotificationSender.LongestPause.TotalMilliseconds, rateLimited = PushReason.RateLimited }), CancellationToken.None);
    }

    private static List<QueueRow> FindDue(SqliteConnection connection, PushKind kind, long now, int limit) => connection.Query<QueueRow>(
        """
        SELECT user_id AS User, device_id AS Device, attempts AS Attempts, reason AS Reason FROM delivery_push_queue
        WHERE kind = $kind AND due_ms <= $now ORDER BY due_ms LIMIT $limit
        """, new { kind = (int)kind, now, limit }).AsList();

    private static DueClaim Claim(SqliteConnection connection, PushKind kind, QueueRow row, long until)
    {
        var device = new DeviceAddress(UserId.Parse(row.User), DeviceId.Parse(row.Device));
        var token = Guid.CreateVersion7();
        connection.Execute(
            "UPDATE delivery_push_queue SET claim = $claim, due_ms = $until WHERE kind = $kind AND user_id = $user AND device_id = $device",
            new { kind = (int)kind, user = row.User, device = row.Device, claim = token.ToString(), until });
        var items = connection.Query<(string Conversation, long UpTo, long Since)>(
            """
            SELECT conversation_id, up_to, since_ms FROM delivery_push_due
            WHERE kind = $kind AND user_id = $user AND device_id = $device ORDER BY since_ms, conversation_id LIMIT $limit
            """, new { kind = (int)kind, user = row.User, device = row.Device, limit = IDueStore.MaxItems });
        return new DueClaim(
            kind, device, token,
            [.. items.Select(item => new DueItem(
                device, ConversationId.Parse(item.Conversation), new SeqNo(item.UpTo), DateTimeOffset.FromUnixTimeMilliseconds(item.Since)))],
            (int)row.Attempts, row.Reason);
    }

    private sealed record QueueRow(string User, string Device, long Attempts, string? Reason);
}

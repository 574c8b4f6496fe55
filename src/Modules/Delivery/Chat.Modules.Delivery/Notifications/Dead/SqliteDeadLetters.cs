using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Dead;

/// <summary>Table <c>delivery_push_dead</c> (migrations/). Each new one deletes what is too old, or too much.</summary>
internal sealed class SqliteDeadLetters(SqliteDatabase database, IOptions<PushOptions> options, TimeProvider clock) : IDeadLetters
{
    private const string Columns =
        """
        dead_id AS Id, kind AS Kind, user_id AS User, device_id AS Device, conversation_id AS Conversation, seq_no AS SeqNo, reason AS Reason, status AS Status,
        attempts AS Attempts, since_ms AS Since, died_ms AS Died
        """;

    private long Oldest => (clock.GetUtcNow() - IDeadLetters.Life).ToUnixTimeMilliseconds();

    public Task AddAsync(DeadLetter letter, CancellationToken ct)
    {
        var oldest = Oldest;
        return database.WriteAsync(connection =>
        {
            connection.Execute(
                "INSERT INTO delivery_push_dead VALUES ($Id, $Kind, $User, $Device, $Conversation, $SeqNo, $Reason, $Status, $Attempts, $Since, $Died)",
                Row.Of(letter));
            connection.Execute(
                """
                DELETE FROM delivery_push_dead WHERE died_ms < $oldest
                OR dead_id <= (SELECT dead_id FROM delivery_push_dead ORDER BY dead_id DESC LIMIT 1 OFFSET $max)
                """, new { oldest, max = options.Value.MaxDead });
        }, ct);
    }

    public Task<IReadOnlyList<DeadLetter>> ReadAsync(Guid? before, int limit, CancellationToken ct) => Task.FromResult<IReadOnlyList<DeadLetter>>(
        database.Read(reader => reader.Query<Row>(
            $"SELECT {Columns} FROM delivery_push_dead WHERE ($before IS NULL OR dead_id < $before) AND died_ms >= $oldest ORDER BY dead_id DESC LIMIT $limit",
            new { before = before?.ToString(), oldest = Oldest, limit }).Select(row => row.ToLetter()).ToList()));

    public Task<DeadLetter?> FindAsync(Guid id, CancellationToken ct) => Task.FromResult(database.Read(reader => reader.QuerySingleOrDefault<Row>(
        $"SELECT {Columns} FROM delivery_push_dead WHERE dead_id = $id AND died_ms >= $oldest", new { id = id.ToString(), oldest = Oldest }))?.ToLetter());

    public Task RemoveAsync(Guid id, CancellationToken ct) =>
        database.WriteAsync(connection => connection.Execute("DELETE FROM delivery_push_dead WHERE dead_id = $id", new { id = id.ToString() }), ct);

    private sealed record Row(
        string Id, long Kind, string User, string Device, string Conversation, long SeqNo, string Reason, long Status, long Attempts, long Since, long Died)
    {
        public static Row Of(DeadLetter letter) => new(
            letter.Id.ToString(), (long)letter.Kind, letter.Device.User.Value, letter.Device.Device.Value, letter.Conversation.Value, letter.SeqNo.Value,
            letter.Reason, letter.Status, letter.Attempts, letter.Since.ToUnixTimeMilliseconds(), letter.DiedAt.ToUnixTimeMilliseconds());

        public DeadLetter ToLetter() => new(
            Guid.Parse(Id), (PushKind)Kind, new DeviceAddress(UserId.Parse(User), DeviceId.Parse(Device)), ConversationId.Parse(Conversation),
            new SeqNo(SeqNo), Reason, (int)Status, (int)Attempts, DateTimeOffset.FromUnixTimeMilliseconds(Since), DateTimeOffset.FromUnixTimeMilliseconds(Died));
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Dead;

/// <summary>Table <c>delivery_push_dead</c> (Notified/cql). A server writes at most <see cref="PushOptions.MaxDead"/> a day; more are only counted.</summary>
internal sealed class CqlDeadLetters(ICqlSession session, IOptions<PushOptions> options, TimeProvider clock) : IDeadLetters
{
    private const string Columns = "dead_id, kind, user_id, device_id, conversation_id, seq_no, reason, status, attempts, since, died_at";

    private readonly Lock _gate = new();

    // Under _gate.
    private int _day;
    private int _written;

    public async Task AddAsync(DeadLetter letter, CancellationToken ct)
    {
        if (!TryCount(DayOf(letter.DiedAt)))
            return;
        await session.ExecuteAsync(
            new CqlStatement(
                $"INSERT INTO delivery_push_dead (day, {Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL {(int)IDeadLetters.Life.TotalSeconds}",
                DayOf(letter.DiedAt), letter.Id, (int)letter.Kind, letter.Device.User.Value, letter.Device.Device.Value, letter.Conversation.Value,
                letter.SeqNo.Value, letter.Reason, letter.Status, letter.Attempts, letter.Since, TimeOf(letter.Id)),
            ct);
    }

    public async Task<IReadOnlyList<DeadLetter>> ReadAsync(Guid? before, int limit, CancellationToken ct)
    {
        var found = new List<DeadLetter>();
        var from = before is { } id ? TimeOf(id) : DateTimeOffset.MaxValue;
        var today = DayOf(clock.GetUtcNow());
        for (var day = today + 1; day >= today - IDeadLetters.Life.Days && found.Count < limit; day--)
        {
            if (day > DayOf(from))
                continue;
            for (CqlStatement? next = new CqlStatement($"SELECT {Columns} FROM delivery_push_dead WHERE day = ?", day); next is not null && found.Count < limit;)
            {
                var page = await session.ExecuteAsync(next, ct);
                found.AddRange(page.Rows.Select(ToLetter).Where(letter => before is not { } last || Compare(letter.Id, last) < 0));
                next = page.PagingState is { } state ? next.After(state) : null;
            }
        }
        return found.Count > limit ? found[..limit] : found;
    }

    public async Task<DeadLetter?> FindAsync(Guid id, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement($"SELECT {Columns} FROM delivery_push_dead WHERE day = ? AND died_at = ? AND dead_id = ?", DayOf(TimeOf(id)), TimeOf(id), id), ct);
        return found.Rows is [var row] ? ToLetter(row) : null;
    }

    public Task RemoveAsync(Guid id, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement("DELETE FROM delivery_push_dead WHERE day = ? AND died_at = ? AND dead_id = ?", DayOf(TimeOf(id)), TimeOf(id), id), ct);

    private bool TryCount(int day)
    {
        lock (_gate)
        {
            if (day != _day)
                (_day, _written) = (day, 0);
            return ++_written <= options.Value.MaxDead;
        }
    }

    private static int DayOf(DateTimeOffset time) => (int)(time.ToUnixTimeMilliseconds() / 86_400_000);

    // An id of version 7 begins with its time in ms.
    private static DateTimeOffset TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16, 253_402_300_799_999));
    }

    private static int Compare(Guid a, Guid b) => string.CompareOrdinal(a.ToString(), b.ToString());

    private static DeadLetter ToLetter(CqlRow row) => new(
        row.Get<Guid>(0), (PushKind)row.Get<int>(1), new DeviceAddress(UserId.Parse(row.Get<string>(2)), DeviceId.Parse(row.Get<string>(3))),
        ConversationId.Parse(row.Get<string>(4)), new SeqNo(row.Get<long>(5)), row.Get<string>(6), row.Get<int>(7), row.Get<int>(8),
        row.Get<DateTimeOffset>(9), row.Get<DateTimeOffset>(10));
}

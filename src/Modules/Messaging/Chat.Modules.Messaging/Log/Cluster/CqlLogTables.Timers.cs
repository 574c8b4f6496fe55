using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// What expires, by time.
internal sealed partial class CqlLogTables
{
    public Task WriteExpiriesAsync(IReadOnlyList<LoggedMessage> messages, CancellationToken ct) => Task.WhenAll(
        messages.GroupBy(message => ExpiryHours.Of(message.Content.ExpiresAt!.Value)).Select(hour => WriteAsync(
            [.. hour.Select(message => new CqlStatement(
                "INSERT INTO messaging_expiries (hour, part, expires_at, conversation, seq_no) VALUES (?, ?, ?, ?, ?)",
                hour.Key, ExpiryHours.PartOf(message.Conversation), message.Content.ExpiresAt!.Value, message.Conversation.Value, message.SeqNo.Value))], ct)));

    public async Task<IReadOnlyList<ExpiringPlace>> ReadExpiriesAsync(long hour, int part, ExpiringPlace? after, DateTimeOffset upTo, int limit, CancellationToken ct)
    {
        const string select = "SELECT expires_at, conversation, seq_no FROM messaging_expiries WHERE hour = ? AND part = ?";
        var found = new List<ExpiringPlace>();
        var statement = after is null
            ? new CqlStatement($"{select} AND (expires_at) <= (?) LIMIT ?", hour, part, upTo, limit)
            : new CqlStatement(
                $"{select} AND (expires_at, conversation, seq_no) > (?, ?, ?) AND (expires_at) <= (?) LIMIT ?",
                hour, part, after.ExpiresAt, after.Conversation.Value, after.SeqNo.Value, upTo, limit);
        await foreach (var row in ReadAllAsync(statement, ct))
            found.Add(new ExpiringPlace(row.Get<DateTimeOffset>(0), ConversationId.Parse(row.Get<string>(1)), new SeqNo(row.Get<long>(2))));
        return found;
    }

    public Task RemoveExpiriesAsync(long hour, int part, DateTimeOffset upTo, CancellationToken ct) => _session.ExecuteAsync(
        new("DELETE FROM messaging_expiries WHERE hour = ? AND part = ? AND expires_at <= ?", hour, part, upTo), ct);

    public async Task<long?> ReadSweptHourAsync(CancellationToken ct) =>
        (await _session.ExecuteAsync(new("SELECT hour FROM messaging_sweeps WHERE sweep = 'messages'"), ct)).Rows is [var row] ? row.Get<long>(0) : null;

    public Task WriteSweptHourAsync(long hour, CancellationToken ct) =>
        _session.ExecuteAsync(new("INSERT INTO messaging_sweeps (sweep, hour) VALUES ('messages', ?)", hour), ct);
}

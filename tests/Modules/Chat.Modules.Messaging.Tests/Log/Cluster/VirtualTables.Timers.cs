using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

// Timers, and what expires.
internal sealed partial class VirtualTables
{
    private const string Swept = "swept";

    public Task MarkTimedAsync(ConversationId conversation, CancellationToken ct) => WriteAsync($"state {conversation}", [("timed", new Cell(1, true))]);

    public Task WriteExpiriesAsync(IReadOnlyList<LoggedMessage> messages, CancellationToken ct) => Task.WhenAll(
        messages.Select(message => new ExpiringPlace(message.Content.ExpiresAt!.Value, message.Conversation, message.SeqNo)).GroupBy(place => ExpiryHours.Of(place.ExpiresAt))
            .Select(hour => WriteAsync(
                $"expiries {hour.Key} {ExpiryHours.PartOf(hour.First().Conversation)}", [.. hour.Select(place => (KeyOf(place), new Cell(1, place)))])));

    public async Task<IReadOnlyList<ExpiringPlace>> ReadExpiriesAsync(long hour, int part, ExpiringPlace? after, DateTimeOffset upTo, int limit, CancellationToken ct) =>
    [
        .. (await ReadAsync($"expiries {hour} {part}"))
            .Where(cell => cell.Value.Value is ExpiringPlace place && place.ExpiresAt <= upTo && (after is null || string.CompareOrdinal(cell.Key, KeyOf(after)) > 0))
            .Select(cell => (ExpiringPlace)cell.Value.Value).Take(limit),
    ];

    public async Task RemoveExpiriesAsync(long hour, int part, DateTimeOffset upTo, CancellationToken ct)
    {
        var cells = (await ReadAsync($"expiries {hour} {part}")).Where(cell => cell.Value.Value is ExpiringPlace place && place.ExpiresAt <= upTo).ToList();
        await WriteAsync($"expiries {hour} {part}", [.. cells.Select(cell => (cell.Key, new Cell(2, Deleted)))]);
    }

    public async Task<long?> ReadSweptHourAsync(CancellationToken ct) => (await ReadAsync(Swept)).TryGetValue("hour", out var hour) ? (long)hour.Value : null;

    // The later one counts, though it be lower.
    public async Task WriteSweptHourAsync(long hour, CancellationToken ct)
    {
        var version = (await ReadAsync(Swept)).TryGetValue("hour", out var before) ? before.Version + 1 : 1;
        await WriteAsync(Swept, [("hour", new Cell(version, hour))]);
    }

    private static string KeyOf(ExpiringPlace place) => $"{place.ExpiresAt.ToUnixTimeMilliseconds():D16} {place.Conversation.Value} {place.SeqNo.Value:D16}";
}

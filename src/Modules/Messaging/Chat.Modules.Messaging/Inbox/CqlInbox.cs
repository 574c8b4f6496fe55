using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// The inbox of a cluster (docs/adr/0009). Its rows say when a conversation may have had activity, and are written before the message
/// (<see cref="TouchWriter"/>). The rows say which conversations to look at; their heads are then read from the log. If a user's mark is missing,
/// the user's part is built from the log.
/// </summary>
internal sealed class CqlInbox : IInbox
{
    // Rows of one write when a user's part is built.
    private const int RowsAtOnce = 64;
    private const int WritesAtOnce = 8;

    private static readonly TimeSpan NameKnownFor = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock;
    private readonly ILogger<CqlInbox> _logger;
    private readonly Counter<long> _built;
    private readonly Counter<long> _fromLog;

    // The name as it was last read.
    private Named? _name;

    public CqlInbox(IMessageLog log, IInboxTables tables, ClusterTimes times, IMeterFactory meters, TimeProvider clock, ILogger<CqlInbox> logger)
    {
        (Log, Tables, Times, _clock, _logger) = (log, tables, times, clock, logger);
        var meter = meters.Create("Chat");
        _built = meter.CreateCounter<long>("chat.inbox.built", description: "Users whose inbox was built from the log.");
        _fromLog = meter.CreateCounter<long>("chat.inbox.from_log", description: "Connects and pages of the list for which all of a user's heads were read.");
    }

    public IInboxTables Tables { get; }

    public IMessageLog Log { get; }

    public ClusterTimes Times { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public async ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct) => new CqlUserInbox(this, user, await ReadNameAsync(ct));

    /// <summary>Whether the user's part can be read. If not, it must be built.</summary>
    public bool IsUsable(InboxMark? mark, string name) =>
        mark is { IsComplete: true } && mark.Name == name && Now - mark.Noticed < Times.RefreshAfter;

    /// <summary>All conversations of the user, from the log.</summary>
    public Task<IReadOnlyList<InboxEntry>> ReadHeadsAsync(UserId user, CancellationToken ct)
    {
        _fromLog.Add(1);
        return Log.ReadEntriesAsync(user, ct);
    }

    /// <summary>The same, if the user's part is not usable. The part is first noted as missing, and built at a call some time later.</summary>
    /// <param name="mark">The user's mark, read before.</param>
    /// <param name="name">The inbox's present name.</param>
    public async Task<IReadOnlyList<InboxEntry>> BuildAsync(UserId user, InboxMark? mark, string name, CancellationToken ct)
    {
        var now = Now;
        var entries = await ReadHeadsAsync(user, ct);
        try
        {
            if (mark is null || mark.Name != name)
                await Tables.TryMarkAsync(user, new InboxMark(Guid.CreateVersion7(now), name, now, IsComplete: false), mark?.Token, ct);
            else if (mark.IsComplete || now - mark.Noticed > Times.LostRowsTimeout)
                await StoreAsync(user, mark, entries, now);
        }
        catch (StoreUnavailableException e)
        {
            _logger.InboxPartNotStored(e);
        }
        return entries;
    }

    // No server relies on rows of an earlier part any more (LostRowsTimeout), so what is appended after the heads were read has rows of its own.
    private async Task StoreAsync(UserId user, InboxMark mark, IReadOnlyList<InboxEntry> entries, DateTimeOffset now)
    {
        var rows = entries.SelectMany(entry => InboxRow.At(entry.Position.Conversation, [entry.Position.Activity], now, Times));
        foreach (var wave in rows.Chunk(RowsAtOnce).Chunk(WritesAtOnce))
            await Task.WhenAll(wave.Select(some => Tables.AddAsync(user, some)));
        if (await Tables.TryMarkAsync(user, mark with { Noticed = now, IsComplete = true }, mark.Token, CancellationToken.None))
            _built.Add(1);
    }

    private async ValueTask<string?> ReadNameAsync(CancellationToken ct)
    {
        if (_name is { } known && _clock.GetElapsedTime(known.ReadAt) < NameKnownFor)
            return known.Name;
        var now = _clock.GetTimestamp();
        var name = await Tables.ReadNameAsync(ct) is { } inbox ? $"{Log.Epoch}/{inbox}" : null;
        if (name is null && _name is not { Name: null })
            _logger.InboxIsNotUsed();
        _name = new Named(name, now);
        return name;
    }

    private sealed record Named(string? Name, long ReadAt);
}

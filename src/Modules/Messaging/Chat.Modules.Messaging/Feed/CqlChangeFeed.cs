using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Feed;

/// <summary>
/// The feed of a cluster (docs/adr/0009): a stream for each run of a server. Positions are spans of time. A conversation that was touched in a span may
/// have got messages in that span or later; its entry has the present head.
/// </summary>
internal sealed class CqlChangeFeed(
    IFeedTables tables, TouchWriter touches, IMessageLog log, AppendsUnderWay appends, ClusterTimes times, TimeProvider clock, ILogger<CqlChangeFeed> logger)
    : BackgroundService, IChangeFeed
{
    private const int RenewalsPerLease = 3;

    public FeedPosition RaisedUpTo => appends.RaisedUpTo;

    public async ValueTask<IReadOnlyList<FeedRange>> FindUnfinishedAsync(string follower, CancellationToken ct)
    {
        var own = touches.Position.Epoch;
        // Two leases: writes that a server began at the end of its lease may take that long.
        var gone = clock.GetUtcNow() - (2 * times.Lease) - times.ClockSpread;
        var streams = (await tables.ReadStreamsAsync(ct)).Where(stream => stream.Renewed < gone && NameOf(stream.Id) != own).ToList();
        if (streams.Count == 0)
            return [];
        var saved = await tables.ReadFollowerAsync(follower, ct);
        return [.. streams
            .Select(stream => new FeedRange(new FeedPosition(NameOf(stream.Id), Math.Max(stream.First, saved.GetValueOrDefault(stream.Id))), stream.Until))
            .Where(range => range.After.Value < range.UpTo)];
    }

    public async ValueTask<IReadOnlyList<FeedRange>> FindSinceAsync(DateTimeOffset since, CancellationToken ct)
    {
        // A conversation is touched up to so long before its message, by a clock that may be behind.
        var after = times.FeedSpanOf(since - times.Margin) - 1;
        return [.. (await tables.ReadStreamsAsync(ct))
            .Select(stream => new FeedRange(new FeedPosition(NameOf(stream.Id), Math.Max(stream.First, after)), stream.Until))
            .Where(range => range.After.Value < range.UpTo)];
    }

    public async ValueTask<IReadOnlyList<FeedEntry>> ReadAsync(FeedRange range, int limit, CancellationToken ct)
    {
        var stream = Guid.ParseExact(range.After.Epoch, "N");
        var found = new List<FeedEntry>();
        for (var from = range.After.Value + 1; from <= range.UpTo && found.Count < limit; from += IFeedTables.MaxSpansRead)
        {
            var spans = Enumerable.Range(0, (int)Math.Min(IFeedTables.MaxSpansRead, range.UpTo - from + 1)).Select(n => from + n).ToList();
            var touched = (await tables.ReadTouchedAsync(stream, spans, ct)).OrderBy(one => one.Span).ToList();
            var heads = await log.GetHeadsAsync(touched.ConvertAll(one => one.Conversation), ct);
            found.AddRange(touched.Zip(heads, (one, head) => new FeedEntry(one.Span, one.Conversation, head?.SeqNo ?? SeqNo.None))
                .Where(entry => entry.SeqNo != SeqNo.None));
        }
        return found;
    }

    public async ValueTask SaveFollowerAsync(string follower, FeedPosition position, CancellationToken ct) =>
        await tables.SaveFollowerAsync(follower, Guid.ParseExact(position.Epoch, "N"), position.Value, ct);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryRenewAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(times.Lease / RenewalsPerLease, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryRenewAsync(stoppingToken);
    }

    // An append also renews the lease if it finds that it is over.
    private async Task TryRenewAsync(CancellationToken ct)
    {
        try
        {
            await touches.RenewAsync().WaitAsync(ct);
        }
        catch (StoreUnavailableException e)
        {
            logger.StreamNotRenewed(e);
        }
    }

    private static string NameOf(Guid stream) => stream.ToString("N");
}

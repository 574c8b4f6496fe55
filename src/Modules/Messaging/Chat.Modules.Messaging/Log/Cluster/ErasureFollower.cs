using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Follows the change feed, so that what deleted messages have said is erased though their server died: saves up to which position all deletions of this server are done, and looks for those of servers that
/// are gone.
/// </summary>
internal sealed class ErasureFollower(
    IChangeFeed feed, IFeedTables tables, CqlMessageLog log, ClusterTimes times, TimeProvider clock, ILogger<ErasureFollower> logger) : BackgroundService
{
    private const string Name = "erasures";
    private const int ReadAtOnce = 1_024;
    private const int PageSize = 256;

    // Seconds between two searches for what others did not finish, and between two tries of what failed here.
    private const int LookEvery = 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Used by one call at a time.
    private (FeedPosition Position, bool IsRead) _next;
    private FeedPosition _saved;
    private readonly Queue<FeedPosition> _takenOver = new();

    /// <summary>Saves where this server begins, before its first append.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAsync(SaveAsync, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Adds the deletions of servers that are gone to those of this one.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        if (_takenOver.Count > 0)
            return;
        var unfinished = await feed.FindUnfinishedAsync(Name, ct);
        if (unfinished.Count == 0)
            return;
        // A server that saved nothing was of the version before, which deletes no messages: all that it touched in a week would be read in vain.
        var saved = await tables.ReadFollowerAsync(Name, ct);
        foreach (var range in unfinished.Where(range => saved.ContainsKey(Guid.ParseExact(range.After.Epoch, "N"))))
        {
            var found = new Dictionary<ConversationId, (SeqNo Newest, long First)>();
            for (var rest = range; await feed.ReadAsync(rest, ReadAtOnce, ct) is { Count: > 0 } entries;)
            {
                foreach (var entry in entries)
                    found[entry.Conversation] = (entry.SeqNo, found.TryGetValue(entry.Conversation, out var earlier) ? earlier.First : entry.Position);
                rest = rest with { After = rest.After with { Value = entries[^1].Position } };
            }
            foreach (var (conversation, (newest, first)) in found)
                await FindDeletionsAsync(conversation, newest, times.FeedSpanBegin(first) - times.Margin, ct);
            _takenOver.Enqueue(range.After with { Value = range.UpTo });
        }
    }

    /// <summary>Saves positions up to which all is erased, if they have changed.</summary>
    public async Task SaveAsync(CancellationToken ct)
    {
        // The position is read first: the deletions up to it were added by then.
        if (!_next.IsRead)
            _next = (feed.RaisedUpTo, IsRead: true);
        if (!log.Erasures.AreDone)
            return;
        while (_takenOver.TryPeek(out var left))
        {
            await feed.SaveFollowerAsync(Name, left, ct);
            _takenOver.Dequeue();
        }
        if (_next.Position != _saved)
            await feed.SaveFollowerAsync(Name, _next.Position, ct);
        (_saved, _next) = (_next.Position, default);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync(CatchUpAsync, stoppingToken);
        using var timer = new PeriodicTimer(Period, clock);
        for (var second = 1; await timer.WaitForNextTickAsync(stoppingToken); second++)
        {
            await TryAsync(SaveAsync, stoppingToken);
            if (second % LookEvery != 0)
                continue;
            log.Erasures.Retry();
            await TryAsync(CatchUpAsync, stoppingToken);
        }
    }

    // From the newest entry down to those of the first touch.
    private async Task FindDeletionsAsync(ConversationId conversation, SeqNo newest, DateTimeOffset since, CancellationToken ct)
    {
        for (var before = newest.Next; ;)
        {
            var page = await log.ReadBeforeAsync(conversation, before, PageSize, ct);
            foreach (var entry in page)
            {
                if (entry.Content is { Kind: MessageKind.Delete, Change: { } change })
                    log.Erasures.Add(conversation, change.Target.SeqNo);
            }
            if (page.Count < PageSize || Activity.Of(page[0].Id) < Activity.At(since))
                return;
            before = page[0].SeqNo;
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        try
        {
            await work(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            logger.ErasuresNotFollowed(e);
        }
    }
}

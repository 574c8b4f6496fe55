using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// At the start, before anybody connects: an embedded log that is older than what follows it (an old copy, or none, beside a newer database) begins
/// a new epoch, and cursors and joins above the heads move down to them. Otherwise the next messages would count as delivered and read.
/// </summary>
internal sealed class RestoredLog(RocksMessageLog log, IEnumerable<ILogPositions> followers, ILogger<RestoredLog> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var behind = new Dictionary<ConversationId, SeqNo>();
        foreach (var (conversation, place) in followers.SelectMany(follower => follower.ReadHighest()))
        {
            var head = await log.GetHeadAsync(conversation, cancellationToken);
            if (place > head)
                behind[conversation] = head;
        }
        if (behind.Count == 0)
            return;
        // Before the places move: where this is cut off, the next start finds them again.
        log.BeginEpoch();
        foreach (var follower in followers)
            await follower.ClampAsync(behind, cancellationToken);
        logger.LogIsOlder(behind.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

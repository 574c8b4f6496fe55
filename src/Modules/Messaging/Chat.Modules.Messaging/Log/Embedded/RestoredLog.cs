using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// At the start, before clients connect: if the embedded log is older than the database (an old copy was restored, or the log is missing), begins a new epoch,
/// and lowers cursors and joins to the heads. Otherwise the next messages would count as delivered and read.
/// </summary>
internal sealed class RestoredLog(RocksMessageLog log, IEnumerable<ILogPositions> followers, ILogger<RestoredLog> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var behind = new Dictionary<ConversationId, SeqNo>();
        foreach (var (conversation, seqNo) in followers.SelectMany(follower => follower.ReadHighest()))
        {
            var head = await log.GetHeadAsync(conversation, cancellationToken);
            if (seqNo > head)
                behind[conversation] = head;
        }
        if (behind.Count == 0)
            return;
        // Before the positions are lowered: if this is interrupted, the next start finds them again.
        log.BeginEpoch();
        foreach (var follower in followers)
            await follower.ClampAsync(behind, cancellationToken);
        logger.LogIsOlder(behind.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Homes;

/// <summary>This server as a home: appends what others hand to it, in their order, and answers. Receives the answers of other homes as well.</summary>
/// <remarks>It takes leave before any service ends, so that the fan-out tells what it has appended.</remarks>
internal sealed class HomeService(
    ConversationHomes homes, WaitingAppends appends, INodes nodes, IBus bus, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<HomeService> log)
    : BackgroundService, IBusHandler, IHostedLifecycleService
{
    // While it stops.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    // Of each server that has handed something to this one; those that have left are forgotten.
    private readonly ConcurrentDictionary<NodeId, Asker> _askers = new();

    // Nothing more is begun.
    private volatile bool _hasLeft;

    public string Topic => HomeMessages.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var reader = new BusReader(payload.Span);
        switch ((HomeMessage)reader.Byte())
        {
            case HomeMessage.Offer:
                homes.Offered(
                    from, asks: reader.Byte() == 1,
                    new HomeAbilities(JudgesChanges: reader.Rest is [1, ..], AppendsNotices: reader.Rest is [_, 1, ..], KeepsThreads: reader.Rest is [_, _, 1, ..],
                        KeepsTimers: reader.Rest is [_, _, _, 1, ..]));
                break;
            case HomeMessage.Withdraw:
                homes.Withdrawn(from);
                break;
            case HomeMessage.Append:
                Append(from, reader.AppendNumber(), reader.Draft());
                break;
            case HomeMessage.Appended:
                homes.Answered(from, reader.AppendNumber(), reader.Sent());
                break;
            case HomeMessage.Refused:
                homes.Answered(from, reader.AppendNumber(), reader.Refusal());
                break;
            case HomeMessage.Failed:
                homes.Failed(from, reader.AppendNumber());
                break;
            case HomeMessage.Lost:
                homes.Lost(from, reader.Number());
                break;
            case HomeMessage.Working:
                homes.Heard(from);
                break;
        }
        return default;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await homes.WithdrawAsync(cancellationToken);
        _hasLeft = true;
        while (_askers.Values.Any(asker => asker.UnderWay > 0) && !cancellationToken.IsCancellationRequested)
            await Task.Delay(LookEvery, clock, CancellationToken.None);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Tells those that wait for this server that it is at work, until cancelled.</summary>
    public async Task WorkAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.HomeTimeoutMs) / 4, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            foreach (var (node, asker) in _askers)
            {
                if (asker.UnderWay > 0)
                    bus.Send(node, Topic, HomeMessages.Bare(HomeMessage.Working));
                else if (!nodes.Live.Contains(node))
                    _askers.TryRemove(node, out _);
            }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => WorkAsync(stoppingToken);

    private void Append(NodeId from, AppendNumber number, MessageDraft draft)
    {
        var asker = _askers.GetOrAdd(from, static _ => new Asker());
        var isTaken = asker.Takes(number, isOpen: !_hasLeft, out var isLost);
        if (isTaken)
        {
            asker.Begin();
            if (appends.TryAppendHanded(draft) is { } appending)
            {
                _ = AnswerAsync(from, asker, number, appending);
                return;
            }
            // There may be room where it comes from.
            asker.End();
            asker.Lose();
        }
        if (isTaken || isLost)
            bus.Send(from, Topic, HomeMessages.Lost(number.Session));
    }

    private async Task AnswerAsync(NodeId from, Asker asker, AppendNumber number, Task<Result<SentMessage>> appending)
    {
        var answer = HomeMessages.Failed(number);
        try
        {
            var result = await appending;
            if (result.IsOk)
                answer = HomeMessages.Appended(number, result.Value);
            // That it is not known yet is no verdict.
            else if (result.Error.Code != ErrorCodes.Unavailable)
                answer = HomeMessages.Refused(number, result.Error);
        }
        catch (StoreUnavailableException)
        {
            // The asker's client is told.
        }
        catch (Exception e)
        {
            log.HandedAppendFailed(e);
        }
        asker.End();
        bus.Send(from, Topic, answer);
    }

    /// <summary>Another server that hands appends to this one.</summary>
    private sealed class Asker
    {
        // Only the loop of that server's messages touches these.
        private long _session;
        private long _next;
        private bool _hasLost;

        private int _underWay;

        public int UnderWay => Volatile.Read(ref _underWay);

        /// <summary>Nothing more of this session is taken.</summary>
        public void Lose() => _hasLost = true;

        public void Begin() => Interlocked.Increment(ref _underWay);

        public void End() => Interlocked.Decrement(ref _underWay);

        /// <param name="number">The append's.</param>
        /// <param name="isOpen">Whether any is taken.</param>
        /// <param name="isLost">It is not taken, or one before it is missing, which is seen now.</param>
        /// <returns>Whether it is the next.</returns>
        public bool Takes(AppendNumber number, bool isOpen, out bool isLost)
        {
            if (number.Session > _session)
                (_session, _next, _hasLost) = (number.Session, 1, false);
            var isCurrent = number.Session == _session && !_hasLost;
            isLost = isCurrent && (!isOpen || number.Number != _next);
            _hasLost |= isLost;
            if (!isCurrent || isLost)
                return false;
            _next++;
            return true;
        }
    }
}

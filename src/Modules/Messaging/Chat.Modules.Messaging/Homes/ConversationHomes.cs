using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Homes;

/// <summary>
/// Hands appends to a conversation that several servers append to, to its home: by rendezvous hashing the same server for all that know the same servers. Where the home says nothing for
/// <see cref="MessagingOptions.HomeTimeoutMs"/>, or cannot append, or what was handed to it may be lost, this server appends itself: an attempt that both append is one message all the
/// same (docs/adr/0005).
/// </summary>
internal sealed class ConversationHomes(
    INodes nodes, IBus bus, SharedConversations shared, MessagingMetrics metrics, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<ConversationHomes> log)
    : BackgroundService, IConversationHomes, INodeObserver
{
    // A home that was silent, or kept failing, is not asked again for so long: longer than the longest usual lease, after which it has left.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    // So many failures with no success in between are the home's, and not a conversation's.
    private const int MostFailures = 3;

    private readonly TimeSpan _timeout = TimeSpan.FromMilliseconds(options.Value.HomeTimeoutMs);
    private readonly ConcurrentDictionary<ConversationId, ConversationAppends> _conversations = new();
    private readonly Lock _lock = new();

    // Written under _lock: the other servers that can be homes.
    private volatile HomeLink[] _links = [];
    private volatile bool _isLeaving;
    private long _sessions;

    public Task<Result<SentMessage>> AppendAsync(MessageDraft draft, Func<MessageDraft, Task<Result<SentMessage>>> here)
    {
        while (true)
        {
            var conversation = _conversations.GetOrAdd(draft.Conversation, static id => new ConversationAppends(id));
            lock (conversation.Lock)
            {
                if (conversation.HasEnded)
                    continue;
                var append = new HomeAppend(conversation, draft, here);
                conversation.Waiting.Enqueue(append);
                BeginWaiting(conversation);
                return append.Task;
            }
        }
    }

    /// <summary>Another server can be a home.</summary>
    public void Offered(NodeId node, bool asks, HomeAbilities abilities)
    {
        lock (_lock)
        {
            if (FindLink(node) is { } link)
                link.IsWithdrawn = false;
            else
                _links = [.. _links, NewLink(node, abilities)];
        }
        if (asks && !_isLeaving)
            bus.Send(node, HomeMessages.Topic, HomeMessages.Offer(asks: false));
    }

    /// <summary>Another server is no home any more. It answers what it has begun.</summary>
    public void Withdrawn(NodeId node)
    {
        lock (_lock)
        {
            if (FindLink(node) is { } link)
                link.IsWithdrawn = true;
        }
    }

    /// <summary>A home is at work.</summary>
    public void Heard(NodeId home) => FindLink(home)?.Heard();

    public void Answered(NodeId home, AppendNumber number, Result<SentMessage> answer)
    {
        if (FindLink(home)?.TakeAnswered(number) is not { } append)
            return;
        End(append);
        append.TrySetResult(answer);
    }

    /// <summary>A home could not append, or does not know. This server's way to the database may be another one.</summary>
    public void Failed(NodeId home, AppendNumber number)
    {
        if (FindLink(home) is not { } link || link.TakeFailed(number, out var failures) is not { } append)
            return;
        if (!TryRepeatHere(append))
            Refuse(append);
        // What is under way there keeps its order: it is answered, or fails one by one.
        if (failures >= MostFailures && link.TryRest(Pause))
            metrics.HomeFailed(HomeFailure.Failing);
    }

    /// <summary>A home lacks something of a session.</summary>
    public void Lost(NodeId home, long session)
    {
        if (FindLink(home) is { } link && link.Session == session)
            Close(link, HomeFailure.Lost);
    }

    public void LeaseGained(NodeId self)
    {
        if (!_isLeaving)
            bus.Broadcast(HomeMessages.Topic, HomeMessages.Offer(asks: true));
    }

    public void LeaseLost(LeaseLoss reason)
    {
        foreach (var link in _links)
            Left(link.Home);
    }

    public void Joined(NodeId node)
    {
        if (!_isLeaving)
            bus.Send(node, HomeMessages.Topic, HomeMessages.Offer(asks: false));
    }

    public void Left(NodeId node)
    {
        HomeLink? left;
        lock (_lock)
        {
            left = FindLink(node);
            _links = Array.FindAll(_links, link => link != left);
        }
        if (left is not null)
            Close(left, HomeFailure.Left);
    }

    public void Missed(NodeId from)
    {
        // Its answers may be lost, or its offer.
        if (FindLink(from) is { } link)
            Close(link, HomeFailure.Lost);
        if (!_isLeaving)
            bus.Send(from, HomeMessages.Topic, HomeMessages.Offer(asks: true));
    }

    /// <summary>This server is to be no home any more. Returns when the others know, and what they handed over before has come.</summary>
    public async Task WithdrawAsync(CancellationToken ct)
    {
        _isLeaving = true;
        bus.Broadcast(HomeMessages.Topic, HomeMessages.Bare(HomeMessage.Withdraw));
        await bus.AcknowledgedAsync(_timeout, ct);
    }

    /// <summary>Looks for homes that have become silent, until cancelled.</summary>
    public async Task WatchAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(_timeout / 4, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            foreach (var link in _links)
            {
                if (link.IsSilentFor(_timeout))
                    Close(link, HomeFailure.Silent);
            }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => WatchAsync(stoppingToken);

    private HomeLink? FindLink(NodeId home) => Array.Find(_links, link => link.Home == home);

    private HomeLink NewLink(NodeId home, HomeAbilities abilities, bool isWithdrawn = false) =>
        new(home, Interlocked.Increment(ref _sessions), bus, clock) { Abilities = abilities, IsWithdrawn = isWithdrawn };

    /// <returns>Null for this server, which stands in for a home that is not asked, and appends what its home cannot.</returns>
    private HomeLink? FindHome(ConversationId conversation, MessageContent content)
    {
        var links = _links;
        if (links.Length == 0 || !shared.Contains(conversation) || !nodes.HoldsLease)
            return null;
        var bytes = MemoryMarshal.AsBytes(conversation.Value.AsSpan());
        HomeLink? home = null;
        var highest = _isLeaving ? 0 : ScoreOf(bytes, nodes.Self);
        foreach (var link in links)
        {
            var score = ScoreOf(bytes, link.Home);
            if (score > highest && !link.IsWithdrawn)
                (home, highest) = (link, score);
        }
        return home is { IsOpen: true, IsResting: false } && home.Abilities.Covers(content) ? home : null;
    }

    private static ulong ScoreOf(ReadOnlySpan<byte> conversation, NodeId node) => XxHash3.HashToUInt64(conversation, (long)node.Value);

    // Under the conversation's lock. What is answered at once may end the conversation meanwhile.
    private void BeginWaiting(ConversationAppends conversation)
    {
        while (conversation.Waiting.TryPeek(out var append))
        {
            var home = FindHome(conversation.Id, append.Draft.Content);
            if (conversation.UnderWay.Count > 0 && (home != conversation.At || conversation.IsAtTwo))
                return;
            conversation.Waiting.Dequeue();
            conversation.At = home;
            append.Place = conversation.UnderWay.AddLast(append);
            if (home is null)
                _ = AppendHereAsync(append);
            else if (home.TryHand(append))
                metrics.Handed();
            else
                TakeBack(conversation);
        }
    }

    // Not where a later message of the device may be in the log by now: this one would come after it.
    private bool TryRepeatHere(HomeAppend append)
    {
        var conversation = append.Conversation;
        lock (conversation.Lock)
        {
            if (append.IsOvertaken)
                return false;
            for (var later = append.Place?.Next; later is not null; later = later.Next)
            {
                if (later.Value.Draft.Sender == append.Draft.Sender)
                    return false;
            }
            conversation.IsAtTwo = true;
            _ = AppendHereAsync(append);
            return true;
        }
    }

    // Under the conversation's lock. In their order, so that a device's messages keep theirs.
    private void TakeBack(ConversationAppends conversation)
    {
        conversation.At = null;
        foreach (var append in conversation.UnderWay.Where(append => !append.IsHere).ToList())
        {
            if (append.IsOvertaken)
                Refuse(append);
            else
                _ = AppendHereAsync(append);
        }
    }

    // It may be in the log: the same again finds it there.
    private void Refuse(HomeAppend append)
    {
        End(append);
        append.TrySetException(new StoreUnavailableException("The append may have happened on another server."));
    }

    private async Task AppendHereAsync(HomeAppend append)
    {
        try
        {
            var sent = await append.BeginHere();
            End(append);
            append.TrySetResult(sent);
        }
        catch (Exception e)
        {
            End(append);
            append.TrySetException(e);
        }
    }

    private void End(HomeAppend append)
    {
        var conversation = append.Conversation;
        lock (conversation.Lock)
        {
            if (append.Place is not { } place)
                return;
            append.Place = null;
            for (var earlier = place.Previous; earlier is not null; earlier = earlier.Previous)
                earlier.Value.IsOvertaken |= earlier.Value.Draft.Sender == append.Draft.Sender;
            conversation.UnderWay.Remove(place);
            if (conversation.UnderWay.Count > 0)
                return;
            conversation.IsAtTwo = false;
            BeginWaiting(conversation);
            if (conversation.UnderWay.Count > 0 || conversation.HasEnded)
                return;
            conversation.HasEnded = true;
            _conversations.TryRemove(KeyValuePair.Create(conversation.Id, conversation));
        }
    }

    private void Close(HomeLink link, HomeFailure reason)
    {
        if (link.Close() is not { } conversations)
            return;
        metrics.HomeFailed(reason);
        if (reason is HomeFailure.Silent)
            log.HomeSilent(link.Home, _timeout);
        _ = ReplaceAsync(link, conversations, reason is HomeFailure.Silent ? Pause : TimeSpan.Zero);
    }

    // Only when all is taken back may the home be asked again: later messages of a conversation must not be there before.
    private async Task ReplaceAsync(HomeLink link, IReadOnlyList<ConversationAppends> conversations, TimeSpan pause)
    {
        // The caller has other things to do.
        await Task.Yield();
        foreach (var conversation in conversations)
        {
            lock (conversation.Lock)
            {
                if (conversation.At != link)
                    continue;
                TakeBack(conversation);
                BeginWaiting(conversation);
            }
        }
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, clock);
        lock (_lock)
            _links = [.. _links.Select(other => other == link ? NewLink(link.Home, link.Abilities, link.IsWithdrawn) : other)];
    }
}

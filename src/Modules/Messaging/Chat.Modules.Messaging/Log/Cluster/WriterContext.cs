using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>The writers of all conversations, and what they share.</summary>
internal sealed class WriterContext(
    ILogTables tables, FinalReader reader, ChangeReader changes, ChangeLimits limits, Expiry expiry, TouchWriter touches, SharedConversations shared, TimeProvider clock, Random random)
{
    /// <summary>Turns that a writer lets others have before it gives up. Its senders were told long before that it takes too long.</summary>
    public const int MaxTurns = 100;

    private const int MaxIdleWriters = 100_000;

    // How long a writer's turn is at least, and at most.
    private static readonly TimeSpan ShortestTurn = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(2);

    // How long another server that claimed the same attempt may take before its term is ended.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<ConversationId, ConversationWriter> _writers = new();
    private readonly ConcurrentDictionary<(UserId, string), ClusterAppend> _pending = new();
    private readonly RecentAttempts _recent = new();

    // In ticks.
    private long _usualTurn;

    public ILogTables Tables => tables;

    public FinalReader Reader => reader;

    public ChangeReader Changes => changes;

    public ChangeLimits ChangeLimits => limits;

    public Expiry Expiry => expiry;

    public TouchWriter Touches => touches;

    public SharedConversations Shared => shared;

    public Attempts Attempts { get; } = new(tables, reader);

    public Erasures Erasures { get; } = new(tables, reader, changes, new Attempts(tables, reader));

    /// <summary>This run of the server.</summary>
    public Guid Writer { get; } = NewWriter(random);

    /// <summary>Appends that have no answer yet.</summary>
    public int Pending => _pending.Count;

    /// <summary>The append that answers an attempt: one of the same attempt that is already pending here, or else this one, which is begun.</summary>
    public ClusterAppend Begin(ClusterAppend append)
    {
        var first = _pending.GetOrAdd((append.Draft.Sender.User, append.Draft.ClientMsgId), append);
        if (first == append)
            Enqueue(append);
        return first;
    }

    /// <summary>The place of a recent attempt's message; null if this server has not answered the attempt lately.</summary>
    public MessageLocation? FindRecent(UserId sender, string clientMsgId) => _recent.Find(sender, clientMsgId);

    /// <summary>Answers the append with the attempt's message, which is in the log: this append's or an earlier one's.</summary>
    public void Settle(ClusterAppend append, LoggedMessage message)
    {
        var (sender, clientMsgId) = (append.Draft.Sender.User, append.Draft.ClientMsgId);
        _recent.Add(sender, clientMsgId, new MessageLocation(message.Conversation, message.SeqNo));
        // Before the answer: a retry that follows the answer reads the log.
        _pending.TryRemove(KeyValuePair.Create((sender, clientMsgId), append));
        append.Complete(message);
    }

    /// <summary>Answers a change that is not stored.</summary>
    public void Answer(ClusterAppend append, Result<AppendedMessage> result)
    {
        _pending.TryRemove(KeyValuePair.Create((append.Draft.Sender.User, append.Draft.ClientMsgId), append));
        append.Complete(result);
    }

    /// <summary>Answers with an earlier message. Its server may have died before it answered, and its touch may be old: the conversation is touched again.</summary>
    public async Task SettleAsync(ClusterAppend append, LoggedMessage earlier)
    {
        await touches.TouchAsync(earlier.Conversation, [Activity.Of(earlier.Id)], default);
        if (earlier.Content is { Kind: MessageKind.Delete, Change: { } change })
            Erasures.Add(earlier.Conversation, change.Target.SeqNo);
        Settle(append, earlier);
    }

    /// <summary>Answers that the append may have happened.</summary>
    public void Fail(ClusterAppend append, Exception e)
    {
        var (sender, clientMsgId) = (append.Draft.Sender.User, append.Draft.ClientMsgId);
        _pending.TryRemove(KeyValuePair.Create((sender, clientMsgId), append));
        append.Fail(e as StoreUnavailableException ?? new StoreUnavailableException("The append may have happened.", e));
    }

    /// <summary>Ends the term before <paramref name="term"/>, whoever holds it.</summary>
    public async Task BeginTermAsync(ConversationId conversation, long term) => await WriterOf(conversation).BeginTermAsync(term);

    /// <summary>Waits until it is decided whether other servers' claims of an attempt have a message. If none has, the append goes back to its writer.</summary>
    public void Contest(ConversationWriter writer, ClusterAppend append, IReadOnlyList<Claim> open) => _ = ContestAsync(writer, append, open);

    public long Now => clock.GetTimestamp();

    public TimeSpan Since(long timestamp) => clock.GetElapsedTime(timestamp);

    /// <summary>How long a writer's turn is: as long as it usually takes to begin a term and to answer in it, and twice as long after each that was lost before that.</summary>
    public TimeSpan BusyFor(int lostTerms) => Turn(lostTerms);

    /// <summary>So long it took to begin a term and to answer in it for the first time.</summary>
    public void TurnTook(TimeSpan time)
    {
        var (took, usual) = (Min(time, LongestTurn).Ticks, Volatile.Read(ref _usualTurn));
        // One that was held up does not make all wait for long.
        Volatile.Write(ref _usualTurn, took < usual ? (usual + took) / 2 : (3 * usual + took) / 4);
    }

    /// <summary>
    /// Waits until the present writer's turn is over, plus a random time, so that not all waiting servers begin a term at once. One that has just had a turn lets the others go first.
    /// </summary>
    public async Task WaitForTurnAsync(ConversationId conversation, ConversationState? state, int attempt, bool hadTurn)
    {
        // Each server waits by its own clock, from when it first saw the term: no clocks are compared.
        var wait = state is null ? TimeSpan.Zero : state.BusyFor - reader.KnownFor(conversation, state);
        if (attempt > 0)
            wait = Max(wait, TimeSpan.Zero) + random.NextDouble() * ShortestTurn / attempt;
        else if (hadTurn && wait > TimeSpan.Zero)
            wait += (0.5 + random.NextDouble()) * Turn(0);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait < LongestTurn ? wait : LongestTurn, clock);
    }

    private void Enqueue(ClusterAppend append) => WriterOf(append.Draft.Conversation).Enqueue(append);

    private ConversationWriter WriterOf(ConversationId conversation)
    {
        if (_writers.Count >= MaxIdleWriters)
            RemoveIdle();
        return _writers.GetOrAdd(conversation, id => new ConversationWriter(id, this));
    }

    // If a removed writer is still used, or replaced by another, it begins a term of its own. That only costs time.
    private void RemoveIdle()
    {
        foreach (var (conversation, writer) in _writers)
        {
            if (writer.IsIdle)
                _writers.TryRemove(KeyValuePair.Create(conversation, writer));
        }
    }

    private async Task ContestAsync(ConversationWriter writer, ClusterAppend append, IReadOnlyList<Claim> open)
    {
        try
        {
            var started = clock.GetTimestamp();
            while (true)
            {
                var (row, still) = await Attempts.JudgeAsync(open, waits: true, CancellationToken.None);
                if (row is { Message: var message })
                {
                    await SettleAsync(append, message);
                    writer.EndContest(append, isOver: true);
                    return;
                }
                if (still.Count == 0)
                    break;
                if (clock.GetElapsedTime(started) < Patience * (0.5 + random.NextDouble()))
                    await Task.Delay(Pause, clock);
                else
                    await Task.WhenAll(still.Select(claim => BeginTermAsync(claim.Conversation, claim.Term + 1)));
            }
            append.FailedClaims.AddRange(open);
            writer.EndContest(append, isOver: false);
        }
        catch (Exception e)
        {
            Fail(append, e);
            writer.EndContest(append, isOver: true);
        }
    }

    private TimeSpan Turn(int lostTerms) => Min(Max(ShortestTurn, new TimeSpan(Volatile.Read(ref _usualTurn))) * (1 << Math.Min(lostTerms, 10)), LongestTurn);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static Guid NewWriter(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}

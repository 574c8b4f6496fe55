using System.Security.Cryptography;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Microsoft.Extensions.Hosting;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// The log of several servers in ScyllaDB or Cassandra. <see cref="ConversationWriter"/> appends, <see cref="FinalReader"/> reads. The tables
/// are in cql/; docs/adr/0005 explains how the order is kept.
/// </summary>
internal sealed partial class CqlMessageLog : IMessageLog, IOpenedAtStart, IHostedService, IAsyncDisposable
{
    // In bytes of UTF-8, by the protocol.
    private const int LongestText = 16 * 1024;

    // Messages of one part of a read, except the first part: they may be longer than those before.
    private const int MaxPart = 64;

    private readonly ILogTables _tables;
    private readonly TouchWriter _touches;
    private readonly ClusterTimes _times;
    private readonly FinalReader _reader;
    private readonly Attempts _attempts;
    private readonly ChangeReader _changes;
    private readonly WriterContext _writers;
    private readonly Expiry _expiry;
    private readonly TimeProvider _clock;
    private readonly ActivityClock _activity;
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Both under _lock.
    private int _underWay;
    private bool _closed;
    private string? _epoch;

    public CqlMessageLog(
        ILogTables tables, TouchWriter touches, ClusterTimes times, SharedConversations shared, TimeProvider clock, ActivityClock activity, ChangeLimits? limits = null, Expiry? expiry = null)
        : this(tables, touches, times, shared, clock, activity, Random.Shared, limits, expiry)
    {
    }

    // With a seeded random, a test can repeat a run.
    internal CqlMessageLog(
        ILogTables tables, TouchWriter touches, ClusterTimes times, SharedConversations shared, TimeProvider clock, ActivityClock activity, Random random,
        ChangeLimits? limits = null, Expiry? expiry = null)
    {
        (_tables, _touches, _times, _clock, _activity, _random) = (tables, touches, times, clock, activity, random);
        _reader = new FinalReader(tables, clock);
        _changes = new ChangeReader(tables, _reader);
        _expiry = expiry ?? new Expiry(clock);
        _writers = new WriterContext(tables, _reader, _changes, limits ?? ChangeLimits.Default, _expiry, touches, shared, clock, random);
        _attempts = _writers.Attempts;
        _reader.EndTerm = (conversation, term, _) => _writers.BeginTermAsync(conversation, term);
    }

    /// <exception cref="InvalidOperationException">The log is not open yet.</exception>
    public string Epoch => _epoch ?? throw new InvalidOperationException("The log is not open.");

    public Activity ActivityFloor => Activity.At(_clock.GetUtcNow() - _times.Margin);

    public FeedPosition FeedPosition => _touches.Position;

    /// <summary>What deleted messages have said.</summary>
    public Erasures Erasures => _writers.Erasures;

    /// <summary>Appends that have no answer yet.</summary>
    public int Waiting => _writers.Pending;

    public async Task OpenAsync(CancellationToken ct) =>
        _epoch = await _tables.OpenEpochAsync(RandomNumberGenerator.GetHexString(16, lowercase: true), ct);

    public async Task<AppendedMessage> AppendAsync(MessageDraft draft, CancellationToken ct) => (await AppendEntryAsync(draft, ct)).Value;

    private async Task<Result<AppendedMessage>> AppendEntryAsync(MessageDraft draft, CancellationToken ct)
    {
        Enter();
        try
        {
            // A repetition makes no claims, as a client may send many.
            if (_writers.FindRecent(draft.Sender.User, draft.ClientMsgId) is { } location
                && (await _reader.ReadUpAsync(location.Conversation, new SeqNo(location.SeqNo.Value - 1), 1, ct)).Rows is [var earlier])
                return AppendedMessage.Earlier(await InPresentStateAsync(earlier, ct));

            var append = new ClusterAppend(draft, _activity.Next(draft.Now, _random.Next(1 << 12)));
            while (true)
            {
                var first = _writers.Begin(append);
                var appended = await first.Done;
                if (appended.IsOk && appended.Value.Duplicate)
                    appended = appended.Value with { Message = _expiry.Show(appended.Value.Message) };
                if (first == append)
                    return appended;
                // One that was refused has left nothing, and says nothing about this one.
                if (appended.IsOk)
                    return appended.Value with { Duplicate = true };
            }
        }
        finally
        {
            Leave();
        }
    }

    public async Task EraseContentAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct)
    {
        if (seqNo == SeqNo.None)
            return;
        var states = await _changes.ReadStatesAsync(conversation, [seqNo], ct);
        var edits = states.GetValueOrDefault(seqNo)?.Edits ?? [];
        await _writers.Erasures.EraseAsync(conversation, seqNo, edits, ct);
        if (states.GetValueOrDefault(seqNo) is not { Deletion: null })
            return;
        // The state last: as long as it is there, all of it is known to be left to do.
        await _writers.Erasures.EraseReactionsAsync(conversation, seqNo, ct);
        await _tables.RemoveStateAsync(conversation, seqNo, ct);
    }

    public async ValueTask<LoggedMessage?> FindAttemptAsync(UserId sender, string clientMsgId, CancellationToken ct) =>
        await _attempts.FindAsync(sender, clientMsgId, ct) is { } found ? await InPresentStateAsync(found, ct) : null;

    public async ValueTask<MessageLocation?> FindAsync(MessageId message, CancellationToken ct) =>
        await _attempts.FindAsync(message, ct) is { } found ? new MessageLocation(found.Message.Conversation, found.SeqNo) : null;

    public async ValueTask<IReadOnlyList<LoggedMessage>> ReadAfterAsync(
        ConversationId conversation, SeqNo after, ReadLimit limit, CancellationToken ct) =>
        Observed(await ReadAsync(
            after, limit, async (after, part) => await InPresentStateAsync(conversation, (await _reader.ReadUpAsync(conversation, after, part, ct)).Rows, ct)));

    public async ValueTask<IReadOnlyList<LoggedMessage>> ReadBeforeAsync(
        ConversationId conversation, SeqNo before, ReadLimit limit, CancellationToken ct)
    {
        var messages = await ReadAsync(
            before, limit, async (before, part) => before <= new SeqNo(1)
                ? []
                : await InPresentStateAsync(conversation, (await _reader.ReadDownAsync(conversation, before, part, ct)).Rows, ct));
        messages.Reverse();
        return Observed(messages);
    }

    public async ValueTask<SeqNo> GetHeadAsync(ConversationId conversation, CancellationToken ct) =>
        (await _reader.ReadDownAsync(conversation, new SeqNo(SeqNo.MaxValue), 1, ct)).Rows is [var newest] ? newest.SeqNo : SeqNo.None;

    public async ValueTask<IReadOnlyList<ConversationId>> GetDirectConversationsAsync(UserId user, CancellationToken ct) =>
        await _tables.ReadDirectsAsync(user, ct);

    public async ValueTask<IReadOnlyCollection<UserId>> FindDirectsWithAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct)
    {
        var byConversation = others.ToDictionary(other => ConversationId.Direct(user, other));
        return [.. (await _tables.FindDirectsAsync(user, [.. byConversation.Keys], ct)).Select(conversation => byConversation[conversation])];
    }

    public async ValueTask<int> CountDirectsByOthersAsync(UserId user, int limit, CancellationToken ct)
    {
        var begun = await _tables.CountDirectsBegunAsync(user, int.MaxValue - limit, ct);
        // A conversation is listed before it is recorded as begun, or at the same time.
        return Math.Clamp(await _tables.CountDirectsAsync(user, limit + begun, ct) - begun, 0, limit);
    }

    public async ValueTask<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct) =>
        await _tables.CountDirectsBegunAsync(user, limit, ct);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Refuses new appends, and returns when the pending ones have ended; the database is closed after that.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _closed = true;
            if (_underWay == 0)
                _done.TrySetResult();
        }
        await _done.Task.WaitAsync(cancellationToken);
    }

    // Other servers' clocks may be ahead: what is written here from now on gets an activity above what was read.
    private List<LoggedMessage> Observed(List<LoggedMessage> messages)
    {
        if (messages.Count > 0)
            _activity.Observe(Activity.Of(messages[^1].Id));
        return messages;
    }

    /// <summary>May be called more than once: the log is registered as several services.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private void Enter()
    {
        lock (_lock)
        {
            if (_closed)
                throw new StoreUnavailableException("The log is closed.");
            _underWay++;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_underWay == 0 && _closed)
                _done.TrySetResult();
        }
    }

    // The database limits rows, not bytes: at first, only as many are read as fit if all texts have the maximal length.
    private static async ValueTask<List<LoggedMessage>> ReadAsync(SeqNo from, ReadLimit limit, Func<SeqNo, int, Task<List<LoggedMessage>>> read)
    {
        var found = new List<LoggedMessage>();
        var bytes = 0L;
        var part = Math.Clamp(limit.Bytes / LongestText, 1, limit.Messages);
        while (true)
        {
            var next = await read(from, part);
            foreach (var message in next)
            {
                bytes += message.MaxJsonBytes();
                if (bytes > limit.Bytes && found.Count > 0)
                    return found;
                found.Add(message);
            }
            if (next.Count < part || found.Count == limit.Messages || bytes >= limit.Bytes)
                return found;
            from = found[^1].SeqNo;
            var likely = (limit.Bytes - bytes) / (bytes / found.Count);
            part = (int)Math.Clamp(likely, 1, Math.Min(MaxPart, limit.Messages - found.Count));
        }
    }
}

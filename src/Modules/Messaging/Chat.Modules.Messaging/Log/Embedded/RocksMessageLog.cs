using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Queues;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// The embedded log, on RocksDB (docs/adr/0002): families <c>messages</c>, <c>attempts</c>, <c>ids</c> and <c>directs</c>, laid out in
/// <see cref="LogKeys"/> and <see cref="MessageCodec"/>. One writer thread assigns the seqNos, and commits the waiting appends as one synced batch:
/// after a crash all of a message is stored, or nothing. RocksDB shows a write to readers only after it is synced.
/// </summary>
internal sealed partial class RocksMessageLog : IMessageLog, IBackedUp, IStoreHealth, IDisposable
{
    private const string Folder = "log";

    // An empty file beside RocksDB's files, only in backups.
    private const string BackupMark = "backup";

    private readonly RocksStore _store;
    private readonly RocksFamily _messages;
    private readonly RocksFamily _attempts;
    private readonly RocksFamily _ids;
    private readonly RocksFamily _directs;
    private readonly Expiry _expiry;
    private readonly RocksStates _states;
    private readonly RocksProjection _projection;
    private readonly BatchWorker<RocksAppend> _writer;
    private readonly Histogram<double> _commits;
    private readonly TimeProvider _clock;
    private readonly ActivityClock _activity;

    // Written only by the writer thread.
    private long _committed;

    /// <exception cref="StorageException">The log is damaged or cannot be opened.</exception>
    public RocksMessageLog(
        DataDirectory directory, IMeterFactory meters, TimeProvider clock, ActivityClock activity, RocksWrite? write = null, ChangeLimits? limits = null, Expiry? expiry = null)
    {
        _store = RocksStore.Open(directory.PathOf(Folder), ["messages", "attempts", "ids", "directs"], clock, write, rising: ["messages", "attempts"]);
        (_messages, _attempts) = (_store.Family("messages"), _store.Family("attempts"));
        (_ids, _directs) = (_store.Family("ids"), _store.Family("directs"));
        (_clock, _activity) = (clock, activity);
        _expiry = expiry ?? new Expiry(clock);
        _states = new RocksStates(_store, _messages, _expiry);
        _projection = new RocksProjection(_states, _messages, limits ?? ChangeLimits.Default);
        Erasure = new RocksErasure(_store, _messages, _states);
        using (var view = _store.View())
            _hasTimers = _states.HasTimers(view);
        _committed = ReadNewest().Value;
        _activity.Observe(ActivityFloor);
        Epoch = OpenEpoch(directory.PathOf(Path.Combine(Folder, BackupMark)));
        _commits = meters.Create("Chat").CreateHistogram<double>("chat.log.commit", "s", "Time of a group commit to the message log, the fsync included.");
        // WaitingAppends refuses before it is full.
        _writer = new BatchWorker<RocksAppend>("log-writer", MessagingOptions.MostWaitingAppends, MaxBatch, Commit);
    }

    public string Epoch { get; private set; }

    public RocksErasure Erasure { get; }

    public Activity ActivityFloor => new(Volatile.Read(ref _committed));

    public FeedPosition FeedPosition => new(Epoch, Volatile.Read(ref _committed));

    public Task<AppendedMessage> AppendAsync(MessageDraft draft, CancellationToken ct)
    {
        var append = new RocksAppend(draft);
        var enqueued = _writer.EnqueueAsync(append, ct);
        // Only changes are refused.
        return (enqueued.IsCompletedSuccessfully ? append.Task : AppendedAsync(append, enqueued))!;
    }

    public Task EraseContentAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct) =>
        Task.Run(() => Erasure.Erase(conversation, seqNo), ct);

    public ValueTask<LoggedMessage?> FindAttemptAsync(UserId sender, string clientMsgId, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult(FindAttempt(view, LogKeys.Attempt(sender, clientMsgId)));
    }

    public ValueTask<MessageLocation?> FindAsync(MessageId message, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult(view.Get(LogKeys.Id(message), _ids) is { } location ? LogKeys.ReadLocation(location) : null);
    }

    public ValueTask<IReadOnlyList<LoggedMessage>> ReadAfterAsync(ConversationId conversation, SeqNo after, ReadLimit limit, CancellationToken ct)
    {
        var bound = LogKeys.Message(conversation, after.Next);
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        messages.Seek(bound);
        return ValueTask.FromResult<IReadOnlyList<LoggedMessage>>(Read(view, messages, conversation, bound, limit, static messages => messages.Next()));
    }

    public ValueTask<IReadOnlyList<LoggedMessage>> ReadBeforeAsync(ConversationId conversation, SeqNo before, ReadLimit limit, CancellationToken ct)
    {
        if (before == SeqNo.None)
            return ValueTask.FromResult<IReadOnlyList<LoggedMessage>>([]);
        var bound = LogKeys.Message(conversation, new SeqNo(before.Value - 1));
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        messages.SeekForPrev(bound);
        var found = Read(view, messages, conversation, bound, limit, static messages => messages.Prev());
        found.Reverse();
        return ValueTask.FromResult<IReadOnlyList<LoggedMessage>>(found);
    }

    public ValueTask<SeqNo> GetHeadAsync(ConversationId conversation, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult(ReadHead(view, conversation));
    }

    public ValueTask<OthersCount> CountOthersAsync(
        ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct)
    {
        var own = Encoding.ASCII.GetBytes(user.Value);
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        return ValueTask.FromResult(CountOthers(messages, conversation, own, after, upTo, limit));
    }

    public ValueTask<bool> HasWrittenAsync(UserId user, ConversationId conversation, CancellationToken ct)
    {
        var own = Encoding.ASCII.GetBytes(user.Value);
        var bound = LogKeys.Message(conversation, new SeqNo(1));
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        var (hasWritten, scanned) = (false, 0);
        for (messages.Seek(bound); !hasWritten && IsIn(messages, bound) && scanned++ < IMessageLog.MaxScanned; messages.Next())
            hasWritten = MessageCodec.SenderOf(messages.GetValueSpan()).SequenceEqual(own) && MessageCodec.KindOf(messages.GetValueSpan()).PreviousMessage is null;
        messages.ThrowIfDamaged();
        return ValueTask.FromResult(hasWritten);
    }

    public Task ProbeAsync(CancellationToken ct)
    {
        _store.Probe();
        return Task.CompletedTask;
    }

    /// <summary>Makes a copy. If it is ever restored, it begins a new epoch, because later messages are lost then.</summary>
    public void BackUpTo(string folder)
    {
        var copy = Path.Combine(folder, Folder);
        _store.BackUpTo(copy);
        File.WriteAllBytes(Path.Combine(copy, BackupMark), []);
    }

    /// <summary>Begins a new epoch, because data was lost. Call only before a client was told the old one.</summary>
    public void BeginEpoch() => Epoch = WriteNewEpoch();

    public void Dispose()
    {
        _writer.Dispose();
        _store.Dispose();
    }

    private static async Task<AppendedMessage?> AppendedAsync(RocksAppend append, ValueTask enqueued)
    {
        try
        {
            await enqueued;
        }
        catch (ChannelClosedException e)
        {
            throw new StoreUnavailableException("The log is closed.", e);
        }
        return await append.Task;
    }

    // Downwards, as a change says which message is below it: so any number of changes costs one step.
    private OthersCount CountOthers(Iterator messages, ConversationId conversation, ReadOnlySpan<byte> own, SeqNo after, SeqNo upTo, int limit)
    {
        var (count, scanned, isAll) = (0, 0, true);
        var bound = LogKeys.Message(conversation, upTo);
        messages.SeekForPrev(bound);
        while (messages.Valid() && LogKeys.SeqNoOf(messages.GetKeySpan(), bound) is { } seqNo && seqNo > after)
        {
            var message = messages.GetValueSpan();
            var (kind, previous) = MessageCodec.KindOf(message);
            var counts = previous is null && kind != MessageKind.Erased && !MessageCodec.SenderOf(message).SequenceEqual(own)
                && !_expiry.IsOver(MessageCodec.ExpiryOf(message), Activity.ReadFrom(MessageCodec.IdOf(message)));
            if (scanned++ == IMessageLog.MaxScanned || (counts && count == limit))
            {
                isAll = false;
                break;
            }
            count += counts ? 1 : 0;
            if (previous is { } below)
                messages.SeekForPrev(LogKeys.Message(conversation, below));
            else
                messages.Prev();
        }
        messages.ThrowIfDamaged();
        return new OthersCount(count, isAll);
    }

    private static bool IsIn(Iterator messages, ReadOnlySpan<byte> bound) => messages.Valid() && LogKeys.SeqNoOf(messages.GetKeySpan(), bound) is not null;

    private SeqNo ReadHead(RocksView view, ConversationId conversation)
    {
        var bound = LogKeys.Message(conversation, new SeqNo(SeqNo.MaxValue));
        using var messages = view.Walk(_messages);
        messages.SeekForPrev(bound);
        messages.ThrowIfDamaged();
        return messages.Valid() ? LogKeys.SeqNoOf(messages.GetKeySpan(), bound) ?? SeqNo.None : SeqNo.None;
    }

    private LoggedMessage? FindAttempt(RocksView view, ReadOnlySpan<byte> key)
    {
        if (view.Get(key, _attempts) is not { } value)
            return null;
        var (conversation, seqNo) = LogKeys.ReadLocation(value);
        var message = view.Get(LogKeys.Message(conversation, seqNo), _messages)
            ?? throw new InvalidDataException("The log remembers an attempt without its message.");
        return _states.Join(view, MessageCodec.Decode(conversation, seqNo, message));
    }

    // Ids sort by their time. Damage in them is reported by the reads that need those ids.
    private Activity ReadNewest()
    {
        using var view = _store.View();
        using var ids = view.Walk(_ids);
        ids.SeekToLast();
        return ids.Valid() ? Activity.ReadFrom(ids.GetKeySpan()) : default;
    }

    // From the iterator's position on. In memory are at most the messages that the limit allows, and one more; their states come on top.
    private List<LoggedMessage> Read(
        RocksView view, Iterator messages, ConversationId conversation, ReadOnlySpan<byte> bound, ReadLimit limit, Action<Iterator> step)
    {
        var found = new List<LoggedMessage>();
        for (var room = (long)limit.Bytes; found.Count < limit.Messages && Current(messages, conversation, bound) is { } message; step(messages))
        {
            room -= message.MaxJsonBytes();
            if (room < 0 && found.Count > 0)
                break;
            found.Add(message);
        }
        messages.ThrowIfDamaged();
        return _states.Join(view, found) ? limit.Fit(found) : found;
    }

    private static LoggedMessage? Current(Iterator messages, ConversationId conversation, ReadOnlySpan<byte> bound) =>
        messages.Valid() && LogKeys.SeqNoOf(messages.GetKeySpan(), bound) is { } seqNo
            ? MessageCodec.Decode(conversation, seqNo, messages.GetValueSpan())
            : null;

    private string OpenEpoch(string backupMark)
    {
        var key = "epoch"u8;
        using (var view = _store.View())
        {
            if (view.Db.Get(key) is { } known && !File.Exists(backupMark))
                return Encoding.ASCII.GetString(known);
        }
        var epoch = WriteNewEpoch();
        File.Delete(backupMark);
        return epoch;
    }

    private string WriteNewEpoch()
    {
        var epoch = RandomNumberGenerator.GetHexString(16, lowercase: true);
        using var batch = new WriteBatch();
        batch.Put("epoch"u8, Encoding.ASCII.GetBytes(epoch));
        _store.WriteDurably(batch);
        return epoch;
    }
}

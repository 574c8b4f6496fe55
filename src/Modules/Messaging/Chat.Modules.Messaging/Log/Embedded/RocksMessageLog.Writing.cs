using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

// The writer thread: assigns the seqNos, and commits the waiting appends together.
internal sealed partial class RocksMessageLog
{
    private const int MaxBatch = 1_024;
    private const int MaxCached = 100_000;

    private readonly Dictionary<ConversationId, Top> _tops = [];
    private readonly HashSet<RocksAppend> _firsts = new(new SameAttempt());
    private readonly RocksAppend?[] _lastOfRow = new RocksAppend?[MaxBatch];
    private readonly byte[] _encoded = new byte[4_096];
    private readonly Dictionary<UserId, string> _newest = [];

    // False where no conversation ever had a timer: then none is looked for.
    private bool _hasTimers;

    private void Commit(List<RocksAppend> appends)
    {
        var started = _clock.GetTimestamp();
        // Between batches both can be read from the store again, so they can be cleared here; within a batch they cannot.
        if (_tops.Count >= MaxCached)
            _tops.Clear();
        if (_newest.Count >= MaxCached)
            _newest.Clear();
        try
        {
            if (!TryReopen(appends))
                return;
            using var changing = HasChange(appends) ? Erasure.Exclude() : default;
            using var batch = new WriteBatch();
            using (var view = _store.View())
            {
                foreach (var append in appends)
                    TryAdd(append, batch, view);
            }
            // If all are repetitions the batch is empty, and needs no fsync.
            if (_firsts.Count > 0)
            {
                _store.WriteDurably(batch);
                Volatile.Write(ref _committed, _firsts.Max(append => append.Activity.Value));
            }
        }
        catch (Exception e)
        {
            // It is not known whether the batch was written, so the heads in memory may be wrong.
            _tops.Clear();
            var failure = new StoreUnavailableException("The log could not commit; the append may have happened.", e);
            appends.ForEach(append => append.Failure ??= failure);
            return;
        }
        finally
        {
            _firsts.Clear();
            _projection.EndBatch();
            ThreadPool.UnsafeQueueUserWorkItem(new RocksAnswering(appends, _lastOfRow), preferLocal: false);
        }
        _commits.Record(_clock.GetElapsedTime(started).TotalSeconds);
    }

    // While the store accepts no writes, retries of stored attempts are still answered.
    private bool TryReopen(List<RocksAppend> appends)
    {
        try
        {
            _store.ReopenIfFailed();
            return true;
        }
        catch (IOException e)
        {
            using var view = _store.View();
            foreach (var append in appends)
            {
                if (FindAttempt(view, LogKeys.Attempt(append.Draft.Sender.User, append.Draft.ClientMsgId)) is { } earlier)
                    append.Outcome = AppendedMessage.Earlier(earlier);
                else
                    append.Failure = new StoreUnavailableException("The log takes no writes; nothing was appended.", e);
            }
            return false;
        }
    }

    // If a read fails, for example by a damaged block, only this append fails: an append does all its reads before its first write.
    private void TryAdd(RocksAppend append, WriteBatch batch, RocksView view)
    {
        try
        {
            Add(append, batch, view);
        }
        catch (Exception e)
        {
            append.Failure = new StoreUnavailableException("The log could not be read; nothing was appended.", e);
        }
    }

    private void Add(RocksAppend append, WriteBatch batch, RocksView view)
    {
        var draft = append.Draft;
        if (_firsts.TryGetValue(append, out var first))
        {
            append.Outcome = first.Outcome! with { Duplicate = true };
            return;
        }
        var attempt = LogKeys.Attempt(draft.Sender.User, draft.ClientMsgId, stackalloc byte[LogKeys.MaxBytes]);
        ref var newest = ref NewestOf(view, draft.Sender.User);
        var isNewer = string.CompareOrdinal(draft.ClientMsgId, newest) > 0;
        if (!isNewer && FindAttempt(view, attempt) is { } earlier)
        {
            append.Outcome = AppendedMessage.Earlier(earlier);
            return;
        }

        var conversation = draft.Conversation;
        ref var top = ref TopOf(view, conversation);
        var previous = top.Head;
        var seqNo = previous.Next;
        Effect? effect = null;
        if (draft.Content.Change is not null && (effect = Judge(append, view, seqNo)) is null)
            return;
        ConversationTimer? timer = null;
        if (draft.Content.Kind == MessageKind.Timer && (timer = JudgeTimer(append, view, top.Timer, seqNo)) is null)
            return;
        if (draft.Content.IsChange)
        {
            top.Message ??= ReadNewestMessage(view, conversation, top.Head);
            draft = draft with { Content = (effect?.Content ?? draft.Content) with { PreviousMessage = top.Message } };
        }
        else
        {
            draft = ConversationTimer.Apply(top.Timer, draft);
        }
        var joined = effect is null && draft.Content.Thread is not null ? _projection.JoinThread(view, draft, seqNo) : null;
        var location = LogKeys.Location(conversation, seqNo, stackalloc byte[LogKeys.MaxBytes]);
        append.Activity = _activity.Next(draft.Now);
        var id = append.Activity.In(MessageId.New(draft.Now));
        var message = draft.ToMessage(id, seqNo);
        var erased = effect is not null && draft.Content.Kind == MessageKind.Delete ? _projection.ReadContents(view, message, effect.State) : [];
        batch.Put(LogKeys.Message(conversation, seqNo, stackalloc byte[LogKeys.MaxBytes]), Encode(draft, id), _messages.Handle);
        batch.Put(attempt, location, _attempts.Handle);
        batch.Put((ReadOnlySpan<byte>)LogKeys.Id(id), location, _ids.Handle);
        if (previous == SeqNo.None && conversation.IsDirect)
        {
            var (one, other) = conversation.Users;
            batch.Put((ReadOnlySpan<byte>)LogKeys.Direct(one, conversation), LogKeys.Begun(one == draft.Sender.User), _directs.Handle);
            batch.Put((ReadOnlySpan<byte>)LogKeys.Direct(other, conversation), LogKeys.Begun(other == draft.Sender.User), _directs.Handle);
        }
        top.Head = seqNo;
        if (!draft.Content.IsChange)
        {
            top.Message = seqNo;
            RocksProjection.AddMentions(batch, message);
            RocksProjection.AddExpiry(batch, message);
        }
        if (timer is not null)
        {
            _projection.ApplyTimer(batch, message, timer);
            top.Timer = timer;
            _hasTimers = true;
        }
        if (effect is not null)
            _projection.Apply(batch, message, effect, erased);
        if (joined is not null)
            _projection.Apply(batch, message, joined);
        if (isNewer)
            newest = draft.ClientMsgId;
        _firsts.Add(append);
        append.Outcome = new AppendedMessage(message, previous, Duplicate: false);
    }

    // Null where nothing is appended: the append has its answer.
    private Effect? Judge(RocksAppend append, RocksView view, SeqNo seqNo)
    {
        var verdict = _projection.Judge(view, append.Draft, seqNo);
        if (verdict is Effect effect)
            return effect;
        Answer(append, view, verdict);
        return null;
    }

    // As above.
    private ConversationTimer? JudgeTimer(RocksAppend append, RocksView view, ConversationTimer? before, SeqNo seqNo)
    {
        var seconds = append.Draft.Content.TimerSeconds ?? 0;
        var verdict = ChangeJudge.JudgeTimer(before, seconds);
        if (verdict is Accepted)
            return new ConversationTimer(seqNo, seconds);
        Answer(append, view, verdict);
        return null;
    }

    private void Answer(RocksAppend append, RocksView view, Verdict verdict)
    {
        switch (verdict)
        {
            case AlreadySo so:
                var entry = _projection.ReadEntry(view, append.Draft.Conversation, so.Entry) ?? throw new InvalidDataException("The log remembers a change without its entry.");
                append.Outcome = AppendedMessage.Earlier(entry);
                break;
            case Refused refused:
                append.Refusal = refused.Error;
                break;
            default:
                throw new InvalidOperationException($"{verdict} is no verdict.");
        }
    }

    private static bool HasChange(List<RocksAppend> appends)
    {
        foreach (var append in appends)
        {
            if (append.Draft.Content.CountsElsewhere)
                return true;
        }
        return false;
    }

    private SeqNo ReadNewestMessage(RocksView view, ConversationId conversation, SeqNo head) =>
        view.Get(LogKeys.Message(conversation, head), _messages) is { } newest ? MessageCodec.KindOf(newest).PreviousMessage ?? head : SeqNo.None;

    // The buffer is kept for the next append, unless it is large.
    private ReadOnlySpan<byte> Encode(MessageDraft draft, MessageId id)
    {
        var size = MessageCodec.SizeOf(draft);
        var room = size <= _encoded.Length ? _encoded.AsSpan(0, size) : new byte[size];
        MessageCodec.Write(draft, id, room);
        return room;
    }

    private ref Top TopOf(RocksView view, ConversationId conversation)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(_tops, conversation);
        if (!Unsafe.IsNullRef(ref known))
            return ref known;
        _tops.Add(conversation, new Top { Head = ReadHead(view, conversation), Timer = _hasTimers ? _states.ReadTimer(view, conversation) : null });
        return ref CollectionsMarshal.GetValueRefOrNullRef(_tops, conversation);
    }

    // The greatest clientMsgId of a sender. Clients' ids rise with time, and an attempt above all others is new and need not be looked up.
    private ref string NewestOf(RocksView view, UserId sender)
    {
        ref string known = ref CollectionsMarshal.GetValueRefOrNullRef(_newest, sender);
        if (!Unsafe.IsNullRef(ref known))
            return ref known;
        _newest.Add(sender, ReadNewestOf(view, sender));
        return ref CollectionsMarshal.GetValueRefOrNullRef(_newest, sender);
    }

    private string ReadNewestOf(RocksView view, UserId sender)
    {
        using var attempts = view.Walk(_attempts);
        attempts.SeekForPrev(LogKeys.AfterAttempts(sender));
        attempts.ThrowIfDamaged();
        return (attempts.Valid() ? LogKeys.ClientMsgIdOf(attempts.GetKeySpan(), sender) : null) ?? "";
    }

    /// <summary>A conversation's newest entry, its timer, and its newest message, which is null where it was not looked for.</summary>
    private struct Top
    {
        public SeqNo Head;
        public ConversationTimer? Timer;
        public SeqNo? Message;
    }
}

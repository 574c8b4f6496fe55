using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// The embedded inbox (docs/adr/0009). It follows the log's feed: recent appends are in memory, and are stored every
/// <see cref="MessagingOptions.InboxFlushMs"/>, with one entry for all messages of a conversation. A reader first reads the rest of the feed, so nothing that was
/// acked is missing; it needs no write. If a user's part is not there, it is built from the log when it is asked for.
/// </summary>
internal sealed class RocksInbox : BackgroundService, IInbox
{
    /// <summary>How many appends it may have missed when the server starts. If it missed more, it is dropped, and each user's part is built when it is asked for.</summary>
    public const int MaxBehind = 100_000;

    private const int BuildAtOnce = 1_000;

    // If the disk hangs for longer, a reader reads the log itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly RocksMessageLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger<RocksInbox> _logger;
    private readonly TimeSpan _flushEvery;
    private readonly Counter<long> _built;

    // Guards the three fields below. If both locks are needed, _storing is taken first.
    private readonly Lock _gate = new();
    private readonly Dictionary<ConversationId, InboxEntry> _recent = [];
    private readonly Dictionary<UserId, HashSet<ConversationId>> _recentOf = [];
    private Activity _read;

    // Held while the store is written: a conversation's old place is read before its new one is written.
    private readonly Lock _storing = new();

    // Written under _storing.
    private int _forgotten;

    public RocksInbox(RocksMessageLog log, IOptions<MessagingOptions> options, IMeterFactory meters, TimeProvider clock, ILogger<RocksInbox> logger)
    {
        (_log, _clock, _logger) = (log, clock, logger);
        _flushEvery = TimeSpan.FromMilliseconds(options.Value.InboxFlushMs);
        _built = meters.Create("Chat").CreateCounter<long>("chat.inbox.built", description: "Users whose inbox was built from the log.");
        if (ReadPosition() is not { } position)
        {
            logger.InboxIsNew();
            Forget();
        }
        else if (log.ReadFeed(position, MaxBehind + 1).Count > MaxBehind)
        {
            logger.InboxIsTooFarBehind(MaxBehind);
            Forget();
        }
        else
        {
            _read = position;
        }
    }

    public ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct)
    {
        Activity upTo;
        List<InboxEntry> recent;
        lock (_gate)
        {
            ReadFeed();
            upTo = _read;
            recent = _recentOf.TryGetValue(user, out var conversations) ? [.. conversations.Select(conversation => _recent[conversation])] : [];
        }
        return ValueTask.FromResult<IUserInbox>(IsComplete(user) || TryBuild(user) ? new RocksUserInbox(this, _log, user, recent, upTo) : ReadLog(user));
    }

    /// <summary>The user's conversations from the log itself.</summary>
    public SortedInbox ReadLog(UserId user) => new(_log.ReadNewest(_log.ReadDirects(user)).OfType<FeedEntry>().Select(ToEntry));

    /// <summary>Drops everything stored. Each user's part is built again when it is asked for.</summary>
    public void Forget()
    {
        lock (_storing)
        {
            // The position is read inside: what is appended after it is read from the feed.
            using var batch = new WriteBatch();
            batch.DeleteRange(InboxKeys.First, (ulong)InboxKeys.First.Length, InboxKeys.End, (ulong)InboxKeys.End.Length);
            lock (_gate)
            {
                _read = _log.ActivityFloor;
                _recent.Clear();
                _recentOf.Clear();
                batch.Put(InboxKeys.Position, InboxKeys.Number(_read.Value));
            }
            _log.Store.Write(batch);
            _forgotten++;
        }
    }

    /// <summary>Stores what is in memory.</summary>
    public void Flush()
    {
        lock (_storing)
        {
            List<InboxEntry> entries;
            Activity position;
            lock (_gate)
            {
                ReadFeed();
                (entries, position) = ([.. _recent.Values], _read);
            }
            if (position == ReadPosition())
                return;
            using (var batch = new WriteBatch())
            {
                using (var view = _log.Store.View())
                {
                    foreach (var entry in entries)
                        Move(batch, entry, view.Get(InboxKeys.ActivityOf(entry.Position.Conversation), _log.Store.Default));
                }
                batch.Put(InboxKeys.Position, InboxKeys.Number(position.Value));
                _log.Store.Write(batch);
            }
            lock (_gate)
                entries.ForEach(ForgetStored);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        TryFlush();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_flushEvery, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            TryFlush();
    }

    // What cannot be stored stays in memory. That is bounded: while the store cannot be written, the log accepts no appends either.
    private void TryFlush()
    {
        try
        {
            Flush();
        }
        catch (Exception e)
        {
            _logger.InboxNotStored(e);
        }
    }

    // Under _gate.
    private void ReadFeed()
    {
        const int atOnce = 4_096;
        for (var read = atOnce; read == atOnce && _read < _log.ActivityFloor;)
        {
            var entries = _log.ReadFeed(_read, atOnce);
            foreach (var entry in entries)
            {
                if (entry.Conversation.IsDirect)
                    Note(ToEntry(entry));
                _read = new Activity(entry.Position);
            }
            read = entries.Count;
        }
    }

    private void Note(InboxEntry entry)
    {
        var conversation = entry.Position.Conversation;
        if (!_recent.ContainsKey(conversation))
        {
            foreach (var user in conversation.Members)
            {
                if (!_recentOf.TryGetValue(user, out var conversations))
                    _recentOf.Add(user, conversations = []);
                conversations.Add(conversation);
            }
        }
        _recent[conversation] = entry;
    }

    // Under _gate. An entry that has changed since it was stored stays.
    private void ForgetStored(InboxEntry entry)
    {
        var conversation = entry.Position.Conversation;
        if (!_recent.TryGetValue(conversation, out var now) || now != entry)
            return;
        _recent.Remove(conversation);
        foreach (var user in conversation.Members)
        {
            var conversations = _recentOf[user];
            conversations.Remove(conversation);
            if (conversations.Count == 0)
                _recentOf.Remove(user);
        }
    }

    private static void Move(WriteBatch batch, InboxEntry entry, byte[]? known)
    {
        var (one, other) = entry.Position.Conversation.Users;
        if (known is not null)
        {
            var before = entry.Position with { Activity = new Activity(InboxKeys.ReadNumber(known)) };
            // After a crash the feed is read a second time.
            if (before.Activity >= entry.Position.Activity)
                return;
            batch.Delete(InboxKeys.Order(one, before));
            batch.Delete(InboxKeys.Order(other, before));
        }
        var head = InboxKeys.Number(entry.Head.Value);
        batch.Put(InboxKeys.Order(one, entry.Position), head);
        batch.Put(InboxKeys.Order(other, entry.Position), head);
        batch.Put(InboxKeys.ActivityOf(entry.Position.Conversation), InboxKeys.Numbers(entry.Position.Activity.Value, entry.Head.Value));
    }

    private bool IsComplete(UserId user)
    {
        using var view = _log.Store.View();
        return view.Get(InboxKeys.Complete(user), _log.Store.Default) is not null;
    }

    private bool TryBuild(UserId user)
    {
        try
        {
            var forgotten = Volatile.Read(ref _forgotten);
            foreach (var conversations in _log.ReadDirects(user).Chunk(BuildAtOnce))
            {
                var newest = _log.ReadNewest(conversations);
                using var batch = new WriteBatch();
                if (!TryStore(batch, forgotten, () => AddMissing(user, newest, batch)))
                    return false;
            }
            using var complete = new WriteBatch();
            complete.Put(InboxKeys.Complete(user), Array.Empty<byte>());
            if (!TryStore(complete, forgotten, () => { }))
                return false;
            _built.Add(1);
            return true;
        }
        catch (Exception e)
        {
            _logger.InboxNotStored(e);
            return false;
        }
    }

    // A conversation that is already stored for its other user gets the same place for this one; the feed later moves it for both. One that is not stored
    // may also be new in the feed, which then moves it.
    private void AddMissing(UserId user, IReadOnlyList<FeedEntry?> newest, WriteBatch batch)
    {
        using var view = _log.Store.View();
        foreach (var found in newest.OfType<FeedEntry>())
        {
            var entry = ToEntry(found);
            if (view.Get(InboxKeys.ActivityOf(found.Conversation), _log.Store.Default) is not { } known)
            {
                Move(batch, entry, null);
                continue;
            }
            var (activity, head) = (InboxKeys.ReadNumber(known), InboxKeys.ReadNumber(known.AsSpan(sizeof(long))));
            batch.Put(InboxKeys.Order(user, entry.Position with { Activity = new Activity(activity) }), InboxKeys.Number(head));
        }
    }

    private bool TryStore(WriteBatch batch, int forgotten, Action fill)
    {
        if (!_storing.TryEnter(Patience))
            return false;
        try
        {
            if (_forgotten != forgotten)
                return false;
            fill();
            _log.Store.Write(batch);
            return true;
        }
        finally
        {
            _storing.Exit();
        }
    }

    private Activity? ReadPosition()
    {
        using var view = _log.Store.View();
        return view.Get(InboxKeys.Position, _log.Store.Default) is { } position ? new Activity(InboxKeys.ReadNumber(position)) : null;
    }

    private static InboxEntry ToEntry(FeedEntry found) => new(new ListPosition(new Activity(found.Position), found.Conversation), found.SeqNo);
}

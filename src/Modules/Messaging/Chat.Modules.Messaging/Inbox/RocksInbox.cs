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
/// The embedded inbox (docs/adr/0009). It follows the log's feed: what was appended lately is in memory, and goes to the store every
/// <see cref="MessagingOptions.InboxFlushMs"/>, a conversation's many messages as one. A reader first reads the rest of the feed, so that nothing that was
/// acked is missing, and needs no write. A user's part is made from the log when it is asked for and not there.
/// </summary>
internal sealed class RocksInbox : BackgroundService, IInbox
{
    /// <summary>Appends that it may be behind by when the server starts; beyond it all parts are made anew, each when its user comes.</summary>
    public const int MaxBehind = 100_000;

    private const int BuildAtOnce = 1_000;

    // Where the disk hangs, a reader reads the log itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly RocksMessageLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger<RocksInbox> _logger;
    private readonly TimeSpan _flushEvery;
    private readonly Counter<long> _built;

    // Of the three below. Where both are taken, _storing is first.
    private readonly Lock _gate = new();
    private readonly Dictionary<ConversationId, InboxEntry> _recent = [];
    private readonly Dictionary<UserId, HashSet<ConversationId>> _recentOf = [];
    private Activity _read;

    // Whoever writes to the store: a conversation's old place is read before its new one is written.
    private readonly Lock _storing = new();

    // Written under _storing.
    private int _forgotten;

    public RocksInbox(RocksMessageLog log, IOptions<MessagingOptions> options, IMeterFactory meters, TimeProvider clock, ILogger<RocksInbox> logger)
    {
        (_log, _clock, _logger) = (log, clock, logger);
        _flushEvery = TimeSpan.FromMilliseconds(options.Value.InboxFlushMs);
        _built = meters.Create("Chat").CreateCounter<long>("chat.inbox.built", description: "Users whose inbox was made from the log.");
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

    /// <summary>Drops all that is stored. Each user's part is made anew when it is asked for.</summary>
    public void Forget()
    {
        lock (_storing)
        {
            // Before the position is read: what is appended from here on is read from the feed.
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

    // What cannot be stored stays in memory, which is bounded: a log that cannot be written takes no appends either.
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
            var (one, other) = conversation.Users;
            foreach (var user in (ReadOnlySpan<UserId>)[one, other])
            {
                if (!_recentOf.TryGetValue(user, out var conversations))
                    _recentOf.Add(user, conversations = []);
                conversations.Add(conversation);
            }
        }
        _recent[conversation] = entry;
    }

    // Under _gate. One that has moved on meanwhile stays.
    private void ForgetStored(InboxEntry entry)
    {
        var conversation = entry.Position.Conversation;
        if (!_recent.TryGetValue(conversation, out var now) || now != entry)
            return;
        _recent.Remove(conversation);
        var (one, other) = conversation.Users;
        foreach (var user in (ReadOnlySpan<UserId>)[one, other])
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
            // Read from the feed a second time, after a crash.
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

    // Where a conversation is stored already, for its other user, it stands at that place for this one; the feed moves it on for both. One that is not
    // may be new to both, and still to come from the feed.
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

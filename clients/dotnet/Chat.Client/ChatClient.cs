using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// A user's client of the Chat server: it signs in, sends and receives, reconnects by itself, and holds state that a view can be bound to.
/// Everything it returns is an immutable snapshot; <see cref="Changed"/> is raised when there is a newer one.
/// </summary>
/// <remarks>
/// All members may be called from any thread. Only one client at a time may use a store. Refusals are <see cref="ChatException"/>; after
/// <see cref="DisposeAsync"/> every call throws <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed partial class ChatClient : IAsyncDisposable
{
    private readonly ChatClientOptions _options;
    private readonly ILogger _log;
    private readonly EventRaiser _events;
    private readonly Loop _loop = new();
    private readonly Background _background;
    private readonly Journal _journal;
    private readonly CurrentConnection _current = new();
    private readonly RestClient _rest;
    private readonly AuthApi _auth;
    private readonly SessionTokens _session;
    private readonly ChatApi _api;
    private readonly Outbox _outbox;
    private readonly OwnChanges _ownChanges;
    private readonly MediaApi _mediaApi;
    private readonly Uploader _uploader;
    private readonly MediaReader _media;
    private readonly OutgoingFiles _files;
    private readonly Typing _typing;
    private readonly PresenceWatch _presenceWatch;
    private readonly ReadCursors _readCursors;
    private readonly Timelines _timelines;
    private readonly ConversationListReader _conversationList;
    private readonly ReceiptTables _receiptTables;
    private readonly Connector _connector;
    private readonly ConversationView _conversations;
    private readonly SemaphoreSlim _signing = new(1);

    // Written by the connector and, while that is stopped, by the holder of _signing.
    private volatile ConnectionState _connection = new(ConnectionStatus.SignedOut);

    private readonly Lock _gathering = new();
    private readonly List<Message> _arrived = [];          // under the lock
    private readonly List<RefusedChange> _refused = [];    // under the lock
    private int _changes;
    private int _disposed;

    private ChatClient(ChatClientOptions options)
    {
        _options = options;
        _log = options.Logger;
        var clock = options.Clock;
        var server = options.Url.AbsoluteUri.EndsWith('/') ? options.Url : new Uri(options.Url.AbsoluteUri + "/");
        _events = new EventRaiser(options.EventContext, _log);
        _background = new Background(_log);
        _journal = new Journal(options.Store, clock, _log);
        var fold = new MessageFold(_journal);
        _rest = new RestClient(server, options.Handler);
        _auth = new AuthApi(_rest);
        _session = new SessionTokens(_loop, _journal, _auth, clock);
        _api = new ChatApi(_rest, _session);
        Push = new Push(_api);
        _outbox = new Outbox(_loop, _journal, fold, _current, _background, clock);
        _ownChanges = new OwnChanges(_journal, _outbox, clock);
        _mediaApi = new MediaApi(server, options.Handler, _session, clock);
        _uploader = new Uploader(_mediaApi, options.Store.Files, clock, options.Random);
        _media = new MediaReader(_mediaApi, _background, clock, options.MediaCacheBytes);
        _files = new OutgoingFiles(_loop, _journal, _outbox, _uploader, options.Store.Files, _background, clock, () => Show(ChatChange.Outbox));
        _typing = new Typing(_loop, _current, _background, clock, () => Show(ChatChange.Conversations));
        _presenceWatch = new PresenceWatch(_loop, _current, _background, clock, () => Show(ChatChange.Presence));
        _readCursors = new ReadCursors(_journal, _current);
        var pages = new PageReader(_loop, _journal, fold, _api, _outbox, _current, _background);
        _timelines = new Timelines(_loop, _journal, pages, _current, _background, _events, clock, _log);
        _conversationList = new ConversationListReader(_loop, _journal, _api, _readCursors, _current, _background, clock, _log);
        _receiptTables = new ReceiptTables(_loop, _journal, _api, _current, _timelines, _background);
        var receiver = new Receiver(_journal, fold, _current, _outbox, _files, _readCursors, _conversationList, _receiptTables, _typing, _presenceWatch, _log);
        _connector = new Connector(options.Transports ?? Transport, _session, receiver, _loop, options.Random, clock, _log, ShowConnection);
        _conversations = new ConversationView(_journal, _typing);

        _outbox.Deleted += (target, id) => _background.Run("Reading a deleted message", ct => pages.ReadAgainAsync(id, target.MessageId, ct));
        _conversationList.Merged += _timelines.CatchUp;
        _conversationList.Merged += _receiptTables.ReadForOpen;
        _session.Ended += (reason, refused) => _background.Run("Ending the session", ct => EndVoidSessionAsync(reason, refused, ct));
        _journal.Committed += FollowAsync;
        _journal.StorageChanged += () => Show(ChatChange.Storage);

        FallbackTransport Transport() => new(
        [
            options.Transport == ChatTransport.WebSocket
                ? () => new WebSocketTransport(server, options.Handler, clock, _log)
                : Hub(HttpTransportType.WebSockets),
            Hub(HttpTransportType.ServerSentEvents),
            Hub(HttpTransportType.LongPolling),
        ], clock);

        Func<ITransport> Hub(HttpTransportType way) => () => new SignalRTransport(server, way, options.Handler, _log);
    }

    /// <summary>Something has changed. Raised after the change, one event at a time, many changes in one.</summary>
    public event EventHandler<ChatChangedEventArgs>? Changed;

    /// <summary>Who is signed in; null for nobody.</summary>
    public ChatSession? Session =>
        _journal.State is { UserId: { } user, Installation.DeviceId: var device } ? new ChatSession(user, device) : null;

    /// <summary>The state of the connection.</summary>
    public ConnectionState Connection => _connection;

    /// <summary>The conversations without the archived ones: the pinned first, then by newest activity.</summary>
    public IReadOnlyList<Conversation> Conversations => _conversations.Listed;

    /// <summary>The archived conversations, newest activity first.</summary>
    public IReadOnlyList<Conversation> Archived => _conversations.Archived;

    /// <summary>Push notifications of this device.</summary>
    public Push Push { get; }

    /// <summary>Whether the store cannot be read or written: then nothing is acked, and sending is refused.</summary>
    public bool StorageFailed => _journal.StorageFailed;

    /// <summary>Opens a client on its store; with a session in it, it goes online by itself.</summary>
    /// <exception cref="ChatException"><c>storage</c>: the store cannot be opened.</exception>
    public static async Task<ChatClient> OpenAsync(ChatClientOptions options, CancellationToken ct = default)
    {
        var client = new ChatClient(options);
        try
        {
            await client._loop.RunAsync(() => client._journal.OpenAsync(ct));
            client._background.Run("Tidying files", client._files.TidyAsync);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
        NetworkChange.NetworkAvailabilityChanged += client.OnNetworkChanged;
        if (client.Session is not null)
            client._connector.Start();
        return client;
    }

    /// <summary>A conversation; null if it is not known.</summary>
    public Conversation? FindConversation(string conversationId) => _conversations.Find(conversationId);

    /// <summary>After <see cref="ConnectionStatus.Replaced"/>: this program is the device again.</summary>
    public void TakeOver() => _connector.InterruptiblePause(evenIfReplaced: true);

    /// <summary>Offline: connects now.</summary>
    public void RetryNow() => _connector.InterruptiblePause(evenIfReplaced: false);

    /// <summary>Closes the connection and the store. The outbox is sent when a client is opened on the store again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        NetworkChange.NetworkAvailabilityChanged -= OnNetworkChanged;
        await _signing.WaitAsync();
        await _connector.DisposeAsync();
        await _background.DisposeAsync();
        await _session.CloseAsync();
        await _loggingOut;
        await _loop.DisposeAsync();
        await _journal.CloseAsync();
        _outbox.Dispose();
        _files.Dispose();
        _typing.Dispose();
        _presenceWatch.Dispose();
        _conversationList.Dispose();
        _rest.Dispose();
        _mediaApi.Dispose();
        _signing.Release();
    }

    private void OnNetworkChanged(object? sender, NetworkAvailabilityEventArgs e)
    {
        if (e.IsAvailable)
            RetryNow();
    }

    private async Task FollowAsync(StateTransaction transaction, State before)
    {
        var now = transaction.Now;
        if (transaction.Touched.Any(id => IsShared(now.Find(id)) && !IsShared(before.Find(id))))
            _presenceWatch.Shared();
        // What was set for it meanwhile is asked only now.
        if (transaction.Touched.Any(id => before.Find(id)?.IsDeleted() == true && now.Find(id)?.IsDeleted() == false))
            _conversationList.ReadSoon();
        foreach (var id in transaction.Removed)
            _current.Current?.Forget(id);
        Gather(transaction.Arrived, _arrived);
        Gather(transaction.Refused, _refused);
        Show((now.Installation.UserId != before.Installation.UserId || (now.UserId is null) != (before.UserId is null) ? ChatChange.Session : 0)
            | (now.Conversations != before.Conversations ? ChatChange.Conversations : 0)
            | (now.Outbox != before.Outbox ? ChatChange.Outbox : 0));
        if (now.UserId != before.UserId)
            _media.Clear();
        if (now.UserId != before.UserId || now.Outbox != before.Outbox)
            _files.Look();
        await _timelines.FollowAsync(transaction, before);
    }

    /// <summary>Whether it lets its users see each other's presence (docs/protocol.md).</summary>
    private static bool IsShared(StoredConversation? conversation) =>
        conversation is not null && (ConversationIds.IsGroup(conversation.Id) || conversation.MaxSeqNo > 0);

    private void Gather<T>(List<T> news, List<T> all)
    {
        if (news.Count == 0)
            return;
        lock (_gathering)
        {
            all.AddRange(news);
            if (all.Count > ChatChangedEventArgs.MaxGathered)
                all.RemoveRange(0, all.Count - ChatChangedEventArgs.MaxGathered);
        }
    }

    private void ShowConnection(ConnectionState state)
    {
        if (_connection == state)
            return;
        _connection = state;
        Show(ChatChange.Connection);
    }

    private void Show(ChatChange what)
    {
        if (what == ChatChange.None)
            return;
        Interlocked.Or(ref _changes, (int)what);
        _events.Raise(RaiseChanged);
    }

    private void RaiseChanged()
    {
        Message[] arrived;
        RefusedChange[] refused;
        var what = (ChatChange)Interlocked.Exchange(ref _changes, 0);
        lock (_gathering)
        {
            (arrived, refused) = ([.. _arrived], [.. _refused]);
            _arrived.Clear();
            _refused.Clear();
        }
        if (what != ChatChange.None)
            Changed?.Invoke(this, new ChatChangedEventArgs(what, arrived, refused));
    }
}

using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// A user's client of the Chat server: it signs in, sends and receives, comes back by itself after every loss, and holds state that a view can
/// be bound to. Everything it returns is a snapshot that never changes in the hand; <see cref="Changed"/> tells of something new.
/// </summary>
/// <remarks>
/// All members may be called from any thread. One client at a time uses a store. Refusals are <see cref="ChatException"/>, after
/// <see cref="DisposeAsync"/> everything is <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed partial class ChatClient : IAsyncDisposable
{
    private readonly ChatClientOptions _options;
    private readonly ILogger _log;
    private readonly Notices _notices;
    private readonly Loop _loop = new();
    private readonly Background _background;
    private readonly Ledger _ledger;
    private readonly Line _line = new();
    private readonly RestDoor _door;
    private readonly AuthApi _auth;
    private readonly SessionKeeper _session;
    private readonly ChatApi _api;
    private readonly Outbox _outbox;
    private readonly Typing _typing;
    private readonly Presences _presences;
    private readonly Reading _reading;
    private readonly Timelines _timelines;
    private readonly ConversationLists _lists;
    private readonly Receipts _receipts;
    private readonly Connector _connector;
    private readonly ConversationView _conversations;
    private readonly SemaphoreSlim _signing = new(1);

    // The connector writes it, and who holds _signing while that is stopped.
    private volatile ConnectionState _connection = new(ConnectionStatus.SignedOut);

    private readonly List<Message> _arrived = [];   // under its own lock
    private int _changes;
    private int _disposed;

    private ChatClient(ChatClientOptions options)
    {
        _options = options;
        _log = options.Logger;
        var clock = options.Clock;
        var server = options.Url.AbsoluteUri.EndsWith('/') ? options.Url : new Uri(options.Url.AbsoluteUri + "/");
        _notices = new Notices(options.EventContext, _log);
        _background = new Background(_log);
        _ledger = new Ledger(options.Store, clock, _log);
        _door = new RestDoor(server, options.Handler);
        _auth = new AuthApi(_door);
        _session = new SessionKeeper(_loop, _ledger, _auth, clock);
        _api = new ChatApi(_door, _session);
        _outbox = new Outbox(_loop, _ledger, _line, _background, clock);
        _typing = new Typing(_loop, _line, _background, clock, () => Show(ChatChange.Conversations));
        _presences = new Presences(_loop, _line, _background, clock, () => Show(ChatChange.Presence));
        _reading = new Reading(_ledger, _line);
        var pages = new Pages(_loop, _ledger, _api, _outbox, _line, _background);
        _timelines = new Timelines(_loop, _ledger, pages, _line, _background, _notices, clock, _log);
        _lists = new ConversationLists(_loop, _ledger, _api, _reading, _line, _background, clock, _log);
        _receipts = new Receipts(_loop, _ledger, _api, _line, _timelines, _background);
        var receiver = new Receiver(_ledger, _line, _outbox, _reading, _lists, _receipts, _typing, _presences, _log);
        _connector = new Connector(options.Transports ?? Transport, _session, receiver, _loop, options.Random, clock, _log, ShowConnection);
        _conversations = new ConversationView(_ledger, _typing);

        _lists.Merged += _timelines.CatchUp;
        _lists.Merged += _receipts.ReadForOpen;
        _session.Ended += (reason, refused) => _background.Run("Ending the session", ct => EndVoidSessionAsync(reason, refused, ct));
        _ledger.Committed += FollowAsync;
        _ledger.StorageChanged += () => Show(ChatChange.Storage);

        FirstThatWorks Transport() => new(
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
        _ledger.State is { UserId: { } user, Installation.DeviceId: var device } ? new ChatSession(user, device) : null;

    /// <summary>Where the client stands.</summary>
    public ConnectionState Connection => _connection;

    /// <summary>The conversations, newest activity first.</summary>
    public IReadOnlyList<Conversation> Conversations => _conversations.All;

    /// <summary>Whether the store cannot be read or written: nothing is acked then, and nothing taken to be sent.</summary>
    public bool StorageFailed => _ledger.StorageFailed;

    /// <summary>Opens a client on its store; with a session in it, it goes online by itself.</summary>
    /// <exception cref="ChatException"><c>storage</c>: the store cannot be opened.</exception>
    public static async Task<ChatClient> OpenAsync(ChatClientOptions options, CancellationToken ct = default)
    {
        var client = new ChatClient(options);
        try
        {
            await client._loop.RunAsync(() => client._ledger.OpenAsync(ct));
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

    /// <summary>A conversation; null where it is not known.</summary>
    public Conversation? FindConversation(string conversationId) => _conversations.Find(conversationId);

    /// <summary>After <see cref="ConnectionStatus.Replaced"/>: this program is the device again.</summary>
    public void TakeOver() => _connector.Wake(evenIfReplaced: true);

    /// <summary>Offline: tries at once.</summary>
    public void RetryNow() => _connector.Wake(evenIfReplaced: false);

    /// <summary>Closes the connection and the store. What was taken is safe, and goes out when a client is opened on the store again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        NetworkChange.NetworkAvailabilityChanged -= OnNetworkChanged;
        await _signing.WaitAsync();
        await _connector.DisposeAsync();
        await _background.DisposeAsync();
        await _session.CloseAsync();
        await _goodbye;
        await _loop.DisposeAsync();
        await _ledger.CloseAsync();
        _outbox.Dispose();
        _typing.Dispose();
        _presences.Dispose();
        _lists.Dispose();
        _door.Dispose();
        _signing.Release();
    }

    private void OnNetworkChanged(object? sender, NetworkAvailabilityEventArgs e)
    {
        if (e.IsAvailable)
            RetryNow();
    }

    private async Task FollowAsync(Draft draft, State before)
    {
        var now = draft.Now;
        if (draft.Touched.Any(id => IsShared(now.Find(id)) && !IsShared(before.Find(id))))
            _presences.Shared();
        foreach (var id in draft.Removed)
            _line.Current?.Forget(id);
        Gather(draft.Arrived);
        Show((now.Installation.UserId != before.Installation.UserId || (now.UserId is null) != (before.UserId is null) ? ChatChange.Session : 0)
            | (now.Conversations != before.Conversations ? ChatChange.Conversations : 0)
            | (now.Outbox != before.Outbox ? ChatChange.Outbox : 0));
        await _timelines.FollowAsync(draft, before);
    }

    /// <summary>What lets two users see each other's presence (docs/protocol.md).</summary>
    private static bool IsShared(StoredConversation? conversation) =>
        conversation is not null && (ConversationIds.IsGroup(conversation.Id) || conversation.MaxSeqNo > 0);

    private void Gather(List<Message> arrived)
    {
        if (arrived.Count == 0)
            return;
        lock (_arrived)
        {
            _arrived.AddRange(arrived);
            if (_arrived.Count > ChatChangedEventArgs.MostArrived)
                _arrived.RemoveRange(0, _arrived.Count - ChatChangedEventArgs.MostArrived);
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
        _notices.Raise(RaiseChanged);
    }

    private void RaiseChanged()
    {
        Message[] arrived;
        var what = (ChatChange)Interlocked.Exchange(ref _changes, 0);
        lock (_arrived)
        {
            arrived = [.. _arrived];
            _arrived.Clear();
        }
        if (what != ChatChange.None)
            Changed?.Invoke(this, new ChatChangedEventArgs(what, arrived));
    }
}

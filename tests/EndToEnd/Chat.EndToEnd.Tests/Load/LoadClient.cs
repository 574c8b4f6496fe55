using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>
/// One device as a careful app would be: reconnects whenever it is cut off, sends again under the same clientMsgId what has no
/// ack, acks what it gets. All that it does and sees goes into its history.
/// </summary>
internal sealed partial class LoadClient : IAsyncDisposable
{
    // Messages for one that goes to a thread.
    private const int AnswerEvery = 5;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly Account _account;
    private readonly LoadSettings _load;
    private readonly bool _isReader;
    private readonly Door _door;
    private readonly IReadOnlySet<string> _visits;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly SemaphoreSlim _room;
    private readonly LinkedList<PendingSend> _pending = [];
    private readonly Lock _pendingGate = new();
    private readonly CancellationTokenSource _leaving = new();
    private readonly Lock _receivedGate = new();

    // Under _receivedGate. By messageId: the last change that came in its state.
    private readonly Dictionary<string, long> _received = new(StringComparer.Ordinal);
    private readonly Channel<LoggedMessage> _toRead = Channel.CreateUnbounded<LoggedMessage>();
    private readonly Task _connecting;
    private readonly Task _reading;
    private IFrameConnection? _client;
    private int _connection;
    private int _lastClientMsgId;
    private int _filesToRead;

    /// <param name="inFlight">Sends that may wait for their acks at a time.</param>
    /// <param name="owned">Groups of its user.</param>
    /// <param name="door">How it connects.</param>
    /// <param name="visits">Groups that its user comes to and leaves.</param>
    /// <param name="isReader">Whether its user has read what comes.</param>
    public LoadClient(Account account, LoadSettings load, int inFlight, IReadOnlySet<string> owned, Door door, IReadOnlySet<string> visits, bool isReader = false)
    {
        _visits = visits;
        _isReader = isReader;
        _door = door;
        _account = account;
        _load = load;
        _room = new SemaphoreSlim(inFlight);
        History = new DeviceHistory(account.UserId, account.DeviceId);
        _targets = new LoadTargets(account.UserId, History.Name, owned, load.Mentions, deletes: load.Notifications is null);
        _connecting = Task.Run(StayConnectedAsync);
        _reading = Task.Run(ReadFilesAsync);
    }

    public DeviceHistory History { get; }

    /// <summary>How each connection that was welcomed ended.</summary>
    public List<ConnectionEnd> Ends { get; } = [];

    /// <summary>Refusals that a retry is not expected to mend.</summary>
    public List<Frame> Refusals { get; } = [];

    /// <summary>Sends that were tried on more connections than restarts explain.</summary>
    public List<string> LateSends { get; } = [];

    /// <summary>The longest time from a first try to the ack, and the restarts in it.</summary>
    public (TimeSpan Time, int Restarts) LongestWait { get; private set; }

    /// <summary>How many files it has yet to read.</summary>
    public int FilesToRead => Volatile.Read(ref _filesToRead);

    public bool HasPending
    {
        get
        {
            lock (_pendingGate)
                return _pending.Count > 0 || _changesByRest > 0;
        }
    }

    /// <summary>What still waits, in words.</summary>
    public override string ToString()
    {
        lock (_pendingGate)
            return $"{History.Name}, on connection {_connection}: {string.Join("; ", _pending.Select(p => $"{p.ConversationId} {p.ClientMsgId} tried on {string.Join(' ', p.TriedOn)}"))}";
    }

    public bool HasSent(LoggedMessage message) =>
        message.SenderId == _account.UserId && message.ClientMsgId?.StartsWith(_account.DeviceId, StringComparison.Ordinal) == true;

    public bool HasReceived(string messageId)
    {
        lock (_receivedGate)
            return _received.ContainsKey(messageId);
    }

    /// <summary>Sends to the conversations in turn, paced, as long as not stopped; some of it are changes.</summary>
    public async Task SendAsync(IReadOnlyList<string> conversations, TimeSpan pace, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(pace);
        try
        {
            for (var i = 0; ; i++)
            {
                await timer.WaitForNextTickAsync(stop);
                await _room.WaitAsync(stop);
                await DoAsync(conversations[i % conversations.Count], LoadSettings.IsChange() ? _targets.Next(conversations[i % conversations.Count]) : null);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    /// <summary>Cuts the connection, as a phone in a tunnel would; the next one is on its way then.</summary>
    public async Task ReconnectAsync()
    {
        if (_client is { } client)
            await client.CutAsync();
    }

    /// <summary>Reads the file of a message that it has.</summary>
    public void Read(LoggedMessage message)
    {
        Interlocked.Increment(ref _filesToRead);
        _toRead.Writer.TryWrite(message);
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await Task.WhenAll(_connecting, _reading);
        _leaving.Dispose();
    }

    /// <param name="change">Null for a message.</param>
    private async Task DoAsync(string conversation, WantedChange? change)
    {
        var clientMsgId = $"{_account.DeviceId}-{++_lastClientMsgId}";
        if (change is not null && IsByRest(conversation, clientMsgId, change))
        {
            _room.Release();
            return;
        }
        var file = change is null ? await _load.Files.NextAsync(_account) : null;
        var send = new PendingSend(conversation, clientMsgId, $"{_account.UserId} says {clientMsgId}", file, change, _load.RestartsDone)
        {
            ThreadId = change is null && Random.Shared.Next(AnswerEvery) == 0 ? _targets.Root(conversation) : null,
            Mentions = change is null ? _load.Mentions.Next(conversation) : "",
        };
        await _gate.WaitAsync();
        if (change is null)
            _load.Try(send.Text);
        try
        {
            lock (_pendingGate)
                _pending.AddLast(send);

            if (_client is not null)
                await TrySendAsync(_client, _connection, send);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task StayConnectedAsync()
    {
        try
        {
            while (true)
            {
                if (!await ConnectOnceAsync(_connection + 1))
                    await Task.Delay(_pause, _leaving.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to leave.
        }
    }

    private async Task<bool> ConnectOnceAsync(int connection)
    {
        var acks = Channel.CreateUnbounded<(string, long)>();
        var unanswered = new Unanswered();
        _connection = connection;
        var state = new ConnectionEnd(History.Name, connection, isHub: _door != Door.WebSocket);
        History.Add(new HistoryEvent.Opening(_load.Moments.Next(), connection));
        IFrameConnection client;
        try
        {
            client = await ConnectAsync(frame => OnFrame(frame, state, acks.Writer, unanswered));
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException)
        {
            return false;
        }

        await using (client)
        {
            var acking = Task.Run(() => SendAcksAsync(client, connection, acks.Reader, unanswered));
            var asking = _load.Notifications is null ? Task.CompletedTask : AskAsync(client, unanswered);
            await ResumeAsync(client, connection);
            if (state.IsToEnd)
                await client.CutAsync();
            await using (_leaving.Token.Register(() => _ = client.CutAsync()))
                state.Closing = await client.Closed;

            await _gate.WaitAsync();
            _client = null;
            _gate.Release();
            acks.Writer.Complete();
            await acking;
            await asking;
        }

        _leaving.Token.ThrowIfCancellationRequested();
        if (state.Welcomed)
            Ends.Add(state);

        return true;
    }

    private async Task<IFrameConnection> ConnectAsync(Action<Frame> onFrame) => _door == Door.WebSocket
        ? await _load.Connect(_account, onFrame, _leaving.Token)
        : await HubFrames.ConnectAsync(_account, messagePack: _door == Door.HubInMessagePack, onFrame, _leaving.Token);

    /// <summary>Sends again what has no ack, in the old order, before anything new.</summary>
    private async Task ResumeAsync(IFrameConnection client, int connection)
    {
        await _gate.WaitAsync();
        try
        {
            List<PendingSend> again;
            lock (_pendingGate)
                again = [.. _pending];

            foreach (var send in again)
                await TrySendAsync(client, connection, send);

            _client = client;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task TrySendAsync(IFrameConnection client, int connection, PendingSend send)
    {
        send.TriedOn.Add(connection);
        if (send.Change is not null)
        {
            await TryChangeAsync(client, connection, send);
            return;
        }
        History.Add(new HistoryEvent.Sending(_load.Moments.Next(), connection, send.ConversationId, send.ClientMsgId, send.Text, send.File, send.ThreadId, send.Mentions));
        string[]? mediaIds = send.File is null ? null : [LoadFiles.MediaIdOf(send.File)];
        var mentions = send.Mentions.Length == 0 ? null : send.Mentions.Split(' ');
        await TryAsync(() => client.SendAsync("message", new { to = send.ConversationId, text = send.Text, clientMsgId = send.ClientMsgId, mediaIds, threadId = send.ThreadId, mentions }));
    }

    private async Task ReadFilesAsync()
    {
        try
        {
            await foreach (var message in _toRead.Reader.ReadAllAsync(_leaving.Token))
            {
                var outcome = await _load.Files.ReadAsync(_account, message.File!, _leaving.Token);
                History.Add(new HistoryEvent.FileRead(_load.Moments.Next(), _connection, message.MessageId, message.File!, outcome));
                Interlocked.Decrement(ref _filesToRead);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to leave.
        }
    }

    private PendingSend? FindPending(string clientMsgId)
    {
        lock (_pendingGate)
            return _pending.FirstOrDefault(p => p.ClientMsgId == clientMsgId);
    }

    private void Settle(string clientMsgId)
    {
        PendingSend? send;
        lock (_pendingGate)
        {
            send = _pending.FirstOrDefault(p => p.ClientMsgId == clientMsgId);
            if (send is null)
                return;

            _pending.Remove(send);
        }

        var restarts = _load.RestartsBegun - send.RestartsBefore;
        if (send.TriedOn.Count - 1 > restarts)
            LateSends.Add($"{clientMsgId} of {History.Name}: on {send.TriedOn.Count} connections over {restarts} restarts");

        var waited = TimeProvider.System.GetElapsedTime(send.FirstTried);
        LongestWait = waited > LongestWait.Time ? (waited, restarts) : LongestWait;
        if (send.Change is null)
            _load.CountAck();
        _room.Release();
    }

    // The connection may end at any moment; what that leaves without an answer is tried again on the next.
    private static async Task TryAsync(Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private sealed record PendingSend(string ConversationId, string ClientMsgId, string Text, string? File, WantedChange? Change, int RestartsBefore)
    {
        public long FirstTried { get; } = TimeProvider.System.GetTimestamp();

        /// <summary>The root of the thread that a message goes to; null for none.</summary>
        public string? ThreadId { get; init; }

        public string Mentions { get; init; } = "";

        public bool MentionsStranger => LoadMentions.HasStranger(Mentions);

        public HashSet<int> TriedOn { get; } = [];

        /// <summary>By connection: when a change was begun on it.</summary>
        public ConcurrentDictionary<int, long> Begun { get; } = new();
    }
}

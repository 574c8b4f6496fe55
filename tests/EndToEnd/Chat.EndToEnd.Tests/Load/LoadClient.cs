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
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly Account _account;
    private readonly LoadSettings _load;
    private readonly bool _isReader;
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
    private WireClient? _client;
    private int _connection;
    private int _lastClientMsgId;
    private int _filesToRead;

    /// <param name="inFlight">Sends that may wait for their acks at a time.</param>
    /// <param name="owned">Groups of its user.</param>
    /// <param name="isReader">Whether its user has read what comes.</param>
    public LoadClient(Account account, LoadSettings load, int inFlight, IReadOnlySet<string> owned, bool isReader = false)
    {
        _isReader = isReader;
        _account = account;
        _load = load;
        _room = new SemaphoreSlim(inFlight);
        History = new DeviceHistory(account.UserId, account.DeviceId);
        _targets = new LoadTargets(account.UserId, History.Name, owned, deletes: load.Notifications is null);
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
        var send = new PendingSend(conversation, clientMsgId, $"{_account.UserId} says {clientMsgId}", file, change, _load.RestartsDone);
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
        var state = new ConnectionEnd(History.Name, connection);
        History.Add(new HistoryEvent.Opening(_load.Moments.Next(), connection));
        WireClient client;
        try
        {
            client = await _load.Connect(_account, frame => OnFrame(frame, state, acks.Writer, unanswered), _leaving.Token);
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

    /// <summary>Sends again what has no ack, in the old order, before anything new.</summary>
    private async Task ResumeAsync(WireClient client, int connection)
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

    private async Task TrySendAsync(WireClient client, int connection, PendingSend send)
    {
        send.TriedOn.Add(connection);
        if (send.Change is not null)
        {
            await TryChangeAsync(client, connection, send);
            return;
        }
        History.Add(new HistoryEvent.Sending(_load.Moments.Next(), connection, send.ConversationId, send.ClientMsgId, send.Text, send.File));
        string[]? mediaIds = send.File is null ? null : [LoadFiles.MediaIdOf(send.File)];
        await TryAsync(() => client.SendAsync("message", new { to = send.ConversationId, text = send.Text, clientMsgId = send.ClientMsgId, mediaIds }));
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

    private void OnFrame(Frame frame, ConnectionEnd connection, ChannelWriter<(string, long)> acks, Unanswered unanswered)
    {
        switch (frame.Type)
        {
            case "welcome":
                connection.Welcomed = true;
                break;
            case "goAway":
                connection.ToldToGo = true;
                break;
            case "caughtUp":
                History.Add(new HistoryEvent.CaughtUp(_load.Moments.Next(), connection.Connection));
                break;
            case "pong" when unanswered.Asked.TryDequeue(out var handled):
                foreach (var ack in handled)
                    History.Add(new HistoryEvent.Acked(_load.Moments.Next(), ack.Connection, ack.ConversationId, ack.SeqNo, ack.IsRead));
                break;
            case "ack" when frame.TextOrNull("clientMsgId") is { } clientMsgId && FindPending(clientMsgId) is { Change: not null } pending:
                OnChangeAcked(frame.Json, connection.Connection, clientMsgId, pending.Change, pending.Begun[connection.Connection]);
                Settle(clientMsgId);
                break;
            case "ack" when frame.TextOrNull("clientMsgId") is { } clientMsgId:
                _targets.Add(frame.Text("conversationId"), frame.Text("messageId"), frame.Number("seqNo"), _account.UserId);
                History.Add(new HistoryEvent.SendAcked(
                    _load.Moments.Next(), connection.Connection, frame.Text("conversationId"), clientMsgId, frame.Text("messageId"), frame.Number("seqNo")));
                Settle(clientMsgId);
                break;
            case "message":
                var message = LoadReading.ReadMessage(frame.Json);
                History.Add(new HistoryEvent.Received(_load.Moments.Next(), connection.Connection, frame.Text("conversationId"), message));
                bool isNew;
                lock (_receivedGate)
                {
                    isNew = !_received.TryGetValue(message.MessageId, out var earlier);
                    _received[message.MessageId] = Math.Max(earlier, message.StateOrText.ChangedSeqNo);
                }
                _targets.Add(frame.Text("conversationId"), message.MessageId, message.SeqNo, message.SenderId);
                _targets.NoteChange(message.MessageId, message.StateOrText.ChangedSeqNo);
                if (isNew)
                    _load.Deliver(message.Text);
                if (isNew && message.File is not null && _load.Files.IsSample())
                    Read(message);

                acks.TryWrite((frame.Text("conversationId"), message.SeqNo));

                // A drain brings an own message in the place of the ack that was lost.
                if (message.SenderId == _account.UserId && message.ClientMsgId is not null)
                    Settle(message.ClientMsgId);
                break;
            case "change":
                if (!LoadReading.IsNotice(frame.Json))
                    OnChange(frame, connection.Connection);
                acks.TryWrite((frame.Text("conversationId"), frame.Number("seqNo")));
                break;
            case "error" when frame.TextOrNull("clientMsgId") is { } clientMsgId && FindPending(clientMsgId) is { Change: not null } refused && IsForGood(frame.Text("code")):
                History.Add(new HistoryEvent.ChangeRefused(_load.Moments.Next(), connection.Connection, refused.ConversationId, clientMsgId, frame.Text("code")));
                Settle(clientMsgId);
                break;
            case "error" when frame.Is("code", "unavailable"):
                // The server is leaving, or its database is away: the send stays pending for the next connection.
                connection.IsToEnd |= _load.ReconnectsWhenUnavailable && !connection.ToldToGo;
                if (connection.IsToEnd)
                    _ = ReconnectAsync();
                break;
            case "error":
                Refusals.Add(frame);
                break;
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

        public HashSet<int> TriedOn { get; } = [];

        /// <summary>By connection: when a change was begun on it.</summary>
        public ConcurrentDictionary<int, long> Begun { get; } = new();
    }
}

using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Keeps a connection open while there is a session: connects, reads it until it ends, and decides by the reason what to do next. One task runs
/// it, and only that task reports the connection's state, except for signing out.
/// </summary>
internal sealed class Connector(
    Func<ITransport> transports, SessionTokens session, Receiver receiver, Loop loop, Random random, TimeProvider clock, ILogger log,
    Action<ConnectionState> show) : IAsyncDisposable
{
    private const int MaxBatch = 256;
    private static readonly TimeSpan LeastTokenLife = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly BackOff _backOff = new(random);
    private readonly InterruptiblePause _pause = new();
    private CancellationTokenSource? _stopping;
    private Task _run = Task.CompletedTask;

    public void Start()
    {
        _stopping = new CancellationTokenSource();
        var stop = _stopping.Token;
        _backOff.StartOver();
        _run = Task.Run(() => RunAsync(stop), CancellationToken.None);
    }

    public async Task StopAsync()
    {
        if (_stopping is null)
            return;
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
        _stopping = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Ends a pause; the one of <see cref="ConnectionStatus.Replaced"/> only if that is meant.</summary>
    public void InterruptiblePause(bool evenIfReplaced) => _pause.End(evenIfReplaced);

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            string? refused = null;
            while (true)
            {
                show(new ConnectionState(ConnectionStatus.Connecting));
                var outcome = await TryOnceAsync(refused, stop);
                refused = outcome.Refused;
                if (outcome.End.Reason == CloseReason.Replaced)
                {
                    log.ConnectionLost(outcome.End.Reason, outcome.End.Text, Timeout.InfiniteTimeSpan);
                    show(new ConnectionState(ConnectionStatus.Replaced));
                    await _pause.WaitAsync(Timeout.InfiniteTimeSpan, whileReplaced: true, clock, stop);
                    _backOff.StartOver();
                    continue;
                }
                var pause = outcome.Pause ?? _backOff.Next();
                log.ConnectionLost(outcome.End.Reason, outcome.End.Text, pause);
                if (pause == TimeSpan.Zero)
                    continue;
                show(new ConnectionState(ConnectionStatus.Offline, RetryAt: clock.GetUtcNow() + pause));
                await _pause.WaitAsync(pause, whileReplaced: false, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Unauthenticated)
        {
            // The session has ended, and that was reported already.
        }
        catch (Exception e)
        {
            log.Failed(e, nameof(Connector));
        }
    }

    /// <summary>One connection, from the token to its end.</summary>
    /// <param name="refused">A token that the server has refused and that is to be renewed first.</param>
    /// <param name="stop">Ends the connection.</param>
    private async Task<Outcome> TryOnceAsync(string? refused, CancellationToken stop)
    {
        var token = "";
        try
        {
            token = refused is null ? await session.GetTokenAsync(LeastTokenLife, stop) : await session.RenewAsync(refused, stop);
        }
        catch (ChatException e) when (e.Code != ErrorCodes.Unauthenticated)
        {
            return new Outcome(new ConnectionEnd(CloseReason.Lost, e.Message), e.RetryAfter, refused);
        }
        await using var connection = new ServerConnection(transports(), clock);
        try
        {
            using var patience = new CancellationTokenSource(ConnectTimeout, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
            await connection.ConnectAsync(new Caller(session.UserId, token), both.Token);
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Unauthenticated)
        {
            // Tried at once with a new token; if that is refused as well, after a pause.
            return new Outcome(new ConnectionEnd(CloseReason.Revoked, e.Message), refused is null ? TimeSpan.Zero : null, token);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            return new Outcome(new ConnectionEnd(CloseReason.Lost, e.Message), null, null);
        }
        var outcome = await ServeAsync(connection, stop);
        if (outcome.End.Reason is not (CloseReason.TokenExpired or CloseReason.Revoked))
            return outcome;
        return outcome with { Refused = token, Pause = outcome.Pause ?? (refused is null ? TimeSpan.Zero : null) };
    }

    private async Task<Outcome> ServeAsync(ServerConnection connection, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var leave = new Leaving();
        var pumping = PumpAsync(connection, leave, ending.Token);
        var renewing = RenewAsync(connection, ending.Token);
        try
        {
            await Task.WhenAny(pumping, connection.Broken, leave.WhenDueAsync(clock, ending.Token), Task.Delay(Timeout.Infinite, ending.Token));
            stop.ThrowIfCancellationRequested();
            // Sending fails before the close arrives that says why.
            if (connection.Broken.IsCompleted)
                await Task.WhenAny(pumping, Task.Delay(CloseTimeout, clock, ending.Token));
            stop.ThrowIfCancellationRequested();
            var end = pumping.IsCompletedSuccessfully
                ? await pumping
                : new ConnectionEnd(CloseReason.Lost, leave.At is null ? "broken" : "going elsewhere");
            // The server spreads the clients that it sends away: its pause counts also if it closes earlier.
            return new Outcome(end, leave.At is { } at ? Max(at - clock.SteadyNow(), TimeSpan.Zero) : null, null);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(Settled(pumping), Settled(renewing));
            if (pumping.Exception is { } fault)
                log.Failed(fault, nameof(PumpAsync));
            await loop.RunAsync(() => receiver.ConnectionClosed(connection));
        }
    }

    /// <summary>Passes the frames to the receiver, batch by batch; each is stored before the next is read.</summary>
    private async Task<ConnectionEnd> PumpAsync(ServerConnection connection, Leaving leave, CancellationToken ct)
    {
        List<ServerFrame> batch = [];
        while (await connection.Frames.WaitToReadAsync(ct))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && connection.Frames.TryRead(out var frame))
                batch.Add(frame);
            try
            {
                await loop.RunAsync(() => receiver.TakeAsync(connection, batch));
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Storage)
            {
                // What was not stored is sent again on the next connection.
                return new ConnectionEnd(CloseReason.Storage, e.Message);
            }
            foreach (var frame in batch)
                Note(frame, leave);
        }
        return connection.End;
    }

    private void Note(ServerFrame frame, Leaving leave)
    {
        switch (frame)
        {
            case Welcome welcome:
                log.Connected(welcome.UserId, welcome.DeviceId);
                show(new ConnectionState(ConnectionStatus.Online));
                break;
            case CaughtUp:
                _backOff.StartOver();
                show(new ConnectionState(ConnectionStatus.Online, CaughtUp: true));
                break;
            case Resync:
                show(new ConnectionState(ConnectionStatus.Online));
                break;
            case GoAway goAway:
                leave.Set(clock.SteadyNow() + goAway.After);
                break;
        }
    }

    /// <summary>Renews the token when four fifths of its life are over, and sends it to the server.</summary>
    private async Task RenewAsync(ServerConnection connection, CancellationToken ct)
    {
        var failures = new BackOff(random);
        while (session.RenewAt is { } at)
        {
            if (at - clock.GetUtcNow() is var left && left > TimeSpan.Zero)
            {
                // A timer cannot be set for longer than 49 days.
                await Task.Delay(left < LongestWait ? left : LongestWait, clock, ct);
                continue;
            }
            try
            {
                var token = await session.GetTokenAsync(TimeSpan.MaxValue, ct);
                connection.Post(new AuthFrame(token));
                failures.StartOver();
            }
            catch (ChatException e) when (e.Code != ErrorCodes.Unauthenticated)
            {
                await Task.Delay(TimeSpan.FromSeconds(1) + failures.Next(), clock, ct);
            }
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Completes when the task has ended, however it ended.</summary>
    private static Task Settled(Task task) =>
        task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <param name="End">Why it ended.</param>
    /// <param name="Pause">Before the next attempt; null for the back-off's.</param>
    /// <param name="Refused">A token that is to be renewed first.</param>
    private sealed record Outcome(ConnectionEnd End, TimeSpan? Pause, string? Refused);

    /// <summary>After <c>goAway</c>: when to leave the server.</summary>
    private sealed class Leaving
    {
        private readonly TaskCompletionSource<DateTimeOffset> _at = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset? At { get; private set; }

        public void Set(DateTimeOffset at)
        {
            At ??= at;
            _at.TrySetResult(at);
        }

        public async Task WhenDueAsync(TimeProvider clock, CancellationToken ct)
        {
            var at = await _at.Task.WaitAsync(ct);
            await Task.Delay(Max(at - clock.SteadyNow(), TimeSpan.Zero), clock, ct);
        }
    }
}

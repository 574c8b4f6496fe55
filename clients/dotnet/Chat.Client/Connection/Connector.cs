using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>
/// Keeps a connection open while there is a session: makes it, serves it to its end, and by that end decides what next. One task runs it; it
/// alone writes <see cref="State"/>, but for the signing out.
/// </summary>
internal sealed class Connector(
    Func<ITransport> transports, SessionKeeper session, Receiver receiver, Loop loop, Random random, TimeProvider clock, ILogger log,
    Action<ConnectionState> show) : IAsyncDisposable
{
    private const int MaxBatch = 256;
    private static readonly TimeSpan LeastTokenLife = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly BackOff _backOff = new(random);
    private readonly Wake _wake = new();
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

    /// <summary>Ends a pause, and the stay in <see cref="ConnectionStatus.Replaced"/> as well where that is meant.</summary>
    public void Wake(bool evenIfReplaced) => _wake.Ring(evenIfReplaced);

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
                if (outcome.End.Reason == LinkEndReason.Replaced)
                {
                    log.ConnectionLost(outcome.End.Reason, outcome.End.Text, Timeout.InfiniteTimeSpan);
                    show(new ConnectionState(ConnectionStatus.Replaced));
                    await _wake.WaitAsync(Timeout.InfiniteTimeSpan, whileReplaced: true, clock, stop);
                    _backOff.StartOver();
                    continue;
                }
                var pause = outcome.Pause ?? _backOff.Next();
                log.ConnectionLost(outcome.End.Reason, outcome.End.Text, pause);
                if (pause == TimeSpan.Zero)
                    continue;
                show(new ConnectionState(ConnectionStatus.Offline, RetryAt: clock.GetUtcNow() + pause));
                await _wake.WaitAsync(pause, whileReplaced: false, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Unauthenticated)
        {
            // The session has ended; its keeper has said so.
        }
        catch (Exception e)
        {
            log.Failed(e, nameof(Connector));
        }
    }

    /// <summary>One connection, from the token to its end.</summary>
    /// <param name="refused">A token that the server does not take, to be renewed first.</param>
    /// <param name="stop">Ends it.</param>
    private async Task<Outcome> TryOnceAsync(string? refused, CancellationToken stop)
    {
        var token = "";
        try
        {
            token = refused is null ? await session.GetTokenAsync(LeastTokenLife, stop) : await session.RenewAsync(refused, stop);
        }
        catch (ChatException e) when (e.Code != ErrorCodes.Unauthenticated)
        {
            return new Outcome(new LinkEnd(LinkEndReason.Lost, e.Message), e.RetryAfter, refused);
        }
        await using var link = new Link(transports(), clock);
        try
        {
            using var patience = new CancellationTokenSource(ConnectPatience, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
            await link.ConnectAsync(token, both.Token);
        }
        catch (ChatException e) when (e.Code == ErrorCodes.Unauthenticated)
        {
            // At once with another token; if that one is refused as well, after a pause.
            return new Outcome(new LinkEnd(LinkEndReason.NotAuthenticated, e.Message), refused is null ? TimeSpan.Zero : null, token);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            return new Outcome(new LinkEnd(LinkEndReason.Lost, e.Message), null, null);
        }
        var outcome = await ServeAsync(link, stop);
        if (outcome.End.Reason is not (LinkEndReason.TokenExpired or LinkEndReason.NotAuthenticated))
            return outcome;
        return outcome with { Refused = token, Pause = outcome.Pause ?? (refused is null ? TimeSpan.Zero : null) };
    }

    private async Task<Outcome> ServeAsync(Link link, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var leave = new Leaving();
        var pumping = PumpAsync(link, leave, ending.Token);
        var renewing = RenewAsync(link, ending.Token);
        try
        {
            await Task.WhenAny(pumping, link.Broken, leave.WhenDueAsync(clock, ending.Token), Task.Delay(Timeout.Infinite, ending.Token));
            stop.ThrowIfCancellationRequested();
            // What cannot be said to a connection that is closing comes before its close, which says why.
            if (link.Broken.IsCompleted)
                await Task.WhenAny(pumping, Task.Delay(ClosePatience, clock, ending.Token));
            stop.ThrowIfCancellationRequested();
            var end = pumping.IsCompletedSuccessfully
                ? await pumping
                : new LinkEnd(LinkEndReason.Lost, leave.At is null ? "broken" : "going elsewhere");
            // The server spreads those who leave it: its pause is kept also where it closes before.
            return new Outcome(end, leave.At is { } at ? Max(at - clock.SteadyNow(), TimeSpan.Zero) : null, null);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(Settled(pumping), Settled(renewing));
            if (pumping.Exception is { } fault)
                log.Failed(fault, nameof(PumpAsync));
            await loop.RunAsync(() => receiver.LinkClosed(link));
        }
    }

    /// <summary>Hands over what comes, batch by batch; each is in the store before the next is taken.</summary>
    private async Task<LinkEnd> PumpAsync(Link link, Leaving leave, CancellationToken ct)
    {
        List<ServerFrame> batch = [];
        while (await link.Frames.WaitToReadAsync(ct))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && link.Frames.TryRead(out var frame))
                batch.Add(frame);
            try
            {
                await loop.RunAsync(() => receiver.TakeAsync(link, batch));
            }
            catch (ChatException e) when (e.Code == ErrorCodes.Storage)
            {
                // What was not taken comes again on the next connection, from the device's cursor on.
                return new LinkEnd(LinkEndReason.Storage, e.Message);
            }
            foreach (var frame in batch)
                Note(frame, leave);
        }
        return link.End;
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

    /// <summary>Renews the token when four fifths of its life are gone, and tells the connection.</summary>
    private async Task RenewAsync(Link link, CancellationToken ct)
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
                link.Post(new AuthFrame(token));
                failures.StartOver();
            }
            catch (ChatException e) when (e.Code != ErrorCodes.Unauthenticated)
            {
                await Task.Delay(TimeSpan.FromSeconds(1) + failures.Next(), clock, ct);
            }
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Waits for an end that was asked for, or whose failure the outcome has told.</summary>
    private static Task Settled(Task task) =>
        task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <param name="End">Why.</param>
    /// <param name="Pause">Before the next try; null for the back-off's.</param>
    /// <param name="Refused">A token that is to be renewed first.</param>
    private sealed record Outcome(LinkEnd End, TimeSpan? Pause, string? Refused);

    /// <summary>When a server that goes away is to be left.</summary>
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

using System.Diagnostics;
using System.Net.Sockets;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Nodes;

/// <summary>
/// A device that stays connected and does nothing. When its connection ends it connects again to any host that it knows, after a pause as the client
/// libraries make it (clients/README.md): random, up to 0.5 s and twice as much after each failure, 30 s at most.
/// </summary>
internal sealed class IdleDevice(string user, Func<IReadOnlyList<Server>> servers) : IFrameHandler
{
    private const double FirstPauseSeconds = 0.5, MaxPauseSeconds = 30;

    private WebSocketClient? socket;
    private volatile TaskCompletionSource caughtUp = New();

    /// <summary>Where it is connected, or was last.</summary>
    public Server? At { get; private set; }

    /// <summary>It has been told that it has everything.</summary>
    public bool IsCaughtUp => caughtUp.Task.IsCompletedSuccessfully;

    /// <summary>When it was told so last, a timestamp of <see cref="Stopwatch"/>.</summary>
    public long CaughtUpAt { get; private set; }

    /// <summary>How often it could not connect.</summary>
    public int Failures { get; private set; }

    /// <summary>Returns when it is caught up; it stays connected until <paramref name="ct"/> ends it.</summary>
    public Task StartAsync(Server first, CancellationToken ct)
    {
        _ = StayAsync(first, ct);       // catches what it can meet
        return caughtUp.Task.WaitAsync(TimeSpan.FromMinutes(5), ct);
    }

    public void OnFrame(ReadOnlySpan<byte> json)
    {
        if (ServerFrame.Parse(json).Type is not FrameType.CaughtUp)
            return;
        CaughtUpAt = Stopwatch.GetTimestamp();
        caughtUp.TrySetResult();
    }

    private async Task StayAsync(Server first, CancellationToken ct)
    {
        At = first;
        for (var failures = 0; !ct.IsCancellationRequested;)
        {
            try
            {
                using (socket = await At.ConnectAsync(user, ct))
                using (ct.UnsafeRegister(static socket => ((WebSocketClient)socket!).Dispose(), socket))
                    await socket.ReadAsync(this);
                failures = 0;
            }
            catch (Exception e) when (e is SocketException or BenchException or OperationCanceledException)
            {
                failures++;
                Failures++;
            }

            if (ct.IsCancellationRequested)
                return;
            if (IsCaughtUp)
                caughtUp = New();
            var pause = Math.Min(MaxPauseSeconds, FirstPauseSeconds * Math.Pow(2, failures));
            await Task.Delay(TimeSpan.FromSeconds(Random.Shared.NextDouble() * pause), CancellationToken.None);
            var known = servers();
            At = known[Random.Shared.Next(known.Count)];
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

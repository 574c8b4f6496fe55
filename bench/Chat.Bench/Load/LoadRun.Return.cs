using System.Diagnostics;

namespace Chat.Bench.Load;

/// <summary>The end of a load whose receivers were away: all come back at once.</summary>
internal sealed partial class LoadRun
{
    // Loopback takes so many connects at a time; more would wait for one another's retransmissions.
    private const int ConnectsAtOnce = 256;

    private readonly Latency toCaughtUp = new();

    private async Task<ReturnResult?> ReturnAsync(CancellationToken ct)
    {
        if (options.Return is Return.None)
            return null;
        var back = seats.Where(seat => seat.Outgoing is null).ToArray();
        if (options.Return is Return.Restart)
        {
            // No connection is lost that is closed here.
            await CloseAsync(ct);
            await servers[0].KillAsync();
            await servers[0].StartAgainAsync(ct);
            back = [.. seats];
        }

        var before = Snapshot.Take(flows, servers);
        var endpoints = await ConnectAsync(back, ConnectsAtOnce, ct);
        await CaughtUpAsync(endpoints, ct);
        foreach (var endpoint in endpoints)
            toCaughtUp.Record(before.At, await endpoint.CaughtUp);
        await QuietAsync(ct);
        var after = Snapshot.Take(flows, servers);
        return new ReturnResult(back.Length, after.Arrived - before.Arrived, Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds, toCaughtUp.Summarise(),
            (after.ServerCpu - before.ServerCpu)?.TotalMilliseconds / back.Length);
    }
}

using System.Globalization;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench;

/// <summary>What a connection that does nothing costs the server in memory, as an operator sees it: resident bytes.</summary>
internal static class IdleCommand
{
    /// <summary>Opened before the first reading, so that what the server sets up once is not counted as the connections'.</summary>
    private const int First = 100;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var connections = arguments.Int("--connections", 1000);
        await using var server = await Server.FromAsync(arguments, ct);
        if (server.Meter is not { } meter)
            throw new BenchException("Say which process is the server: --server-pid.");

        var users = Enumerable.Range(0, First + connections).Select(i => $"bench-idle-{i:D6}").ToArray();
        await server.Accounts.RegisterAsync(users, ct);
        List<WebSocketClient> sockets = [];
        try
        {
            await OpenAsync(users[..First]);
            var before = await SettleAsync(meter, ct);
            await OpenAsync(users[First..]);
            var after = await SettleAsync(meter, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{server.Name}: {(after - before) / 1024.0 / connections:N1} KiB resident an idle connection ({First} to {First + connections} connections: {before / 1048576.0:N0} to {after / 1048576.0:N0} MiB)"));
            return 0;
        }
        finally
        {
            foreach (var socket in sockets)
                socket.Dispose();
        }

        async Task OpenAsync(string[] names)
        {
            foreach (var batch in names.Chunk(32))
            {
                var opened = await Task.WhenAll(batch.Select(user => server.ConnectAsync(user, ct)));
                sockets.AddRange(opened);
                foreach (var socket in opened)
                    _ = socket.ReadAsync(Ignore.Frames);    // ends with the socket; answers pings until then
            }
        }
    }

    /// <summary>Resident memory once it has stayed within 1 % for three seconds, or after a minute as it is.</summary>
    private static async Task<long> SettleAsync(ProcessMeter meter, CancellationToken ct)
    {
        var last = meter.Read().RssBytes;
        for (int quiet = 0, second = 0; quiet < 3 && second < 60; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
            var now = meter.Read().RssBytes;
            quiet = Math.Abs(now - last) <= last / 100 ? quiet + 1 : 0;
            last = now;
        }

        return last;
    }

    private sealed class Ignore : IFrameHandler
    {
        public static readonly Ignore Frames = new();

        public void OnFrame(ReadOnlySpan<byte> json)
        {
        }
    }
}

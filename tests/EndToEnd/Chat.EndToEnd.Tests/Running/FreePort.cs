using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Chat.EndToEnd.Tests.Running;

internal static class FreePort
{
    // Below the range that the kernel hands out for outgoing connections (32768 to 60999): a client that dials a port of that
    // range while the server is down can be connected to itself, and then holds the port that the server needs.
    private const int First = 20_000;
    private const int Last = 32_000;

    // A server that is down for a while comes back to its port.
    private static readonly ConcurrentDictionary<int, bool> _given = new();

    /// <summary>A loopback port that was free a moment ago, and that nobody else in this run gets; the server takes it at each of its starts.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var port = Random.Shared.Next(First, Last);
            if (!_given.TryAdd(port, true))
                continue;
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one then.
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {Last}.");
    }
}

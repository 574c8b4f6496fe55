using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Chat.Testing;

/// <summary>Ports for servers of tests.</summary>
public static class FreePort
{
    // Below the range that the kernel hands out for outgoing connections (32768 to 60999): a client that dials a port of that
    // range while the server is down can be connected to itself, and then holds the port that the server needs.
    private const int First = 20_000;
    private const int Last = 32_000;

    private static readonly string Folder =
        Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"chat-test-ports-{Environment.UserName}")).FullName;

    // A server takes its port seconds after it was chosen, and comes back to it after a kill. So the port stays this program's while that runs: it has the
    // port's file locked, and the lock goes when the program ends, however it ends.
    private static readonly ConcurrentQueue<FileStream> Locks = new();

    /// <summary>A loopback port that is free, and that nobody else gets while this program runs, not even another test program.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var port = Random.Shared.Next(First, Last);
            if (TryLock(port) is not { } locked)
                continue;
            if (IsFree(port))
            {
                Locks.Enqueue(locked);
                return port;
            }
            locked.Dispose();
        }

        throw new InvalidOperationException($"No free port between {First} and {Last}.");
    }

    private static FileStream? TryLock(int port)
    {
        try
        {
            var file = Path.Combine(Folder, port.ToString(CultureInfo.InvariantCulture));
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

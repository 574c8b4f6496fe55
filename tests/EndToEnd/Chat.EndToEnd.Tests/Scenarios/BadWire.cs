using System.Net;
using System.Net.Sockets;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Scenarios;

/// <summary>What becomes of a device's connections.</summary>
internal enum WireState
{
    /// <summary>Everything passes.</summary>
    Up,

    /// <summary>Connections are cut, and new ones end at once.</summary>
    Down,

    /// <summary>What the device says arrives; it hears nothing.</summary>
    Deaf,

    /// <summary>The device hears everything; what it says is lost.</summary>
    Mute,
}

/// <summary>The way of one device's connections to the server, and what goes wrong on it.</summary>
internal sealed class BadWire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
    private readonly IPEndPoint _server;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;
    private volatile WireState _state;

    public BadWire(Uri server)
    {
        _server = new IPEndPoint(IPAddress.Loopback, server.Port);
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>A wire that lost something cannot be whole again: it is cut before it is up.</summary>
    public void Become(WireState state)
    {
        _state = state;
        if (state is WireState.Up or WireState.Down)
            Cut();
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _over.Dispose();
    }

    private void Cut()
    {
        lock (_lock)
        {
            // Not politely: a reset, as of a network that is gone.
            foreach (var socket in _open)
                socket.Close(timeout: 0);
            _open.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var device = await _listener.AcceptSocketAsync(_over.Token);
                if (_state == WireState.Down)
                    device.Close(timeout: 0);
                else
                    _ = CarryAsync(device);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task CarryAsync(Socket device)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (device)
        {
            try
            {
                await server.ConnectAsync(_server, _over.Token);
                lock (_lock)
                    _open.UnionWith([device, server]);
                await Task.WhenAny(
                    CopyAsync(device, server, WireState.Mute), CopyAsync(server, device, WireState.Deaf));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Cut, or no server.
            }
        }

        lock (_lock)
            _open.ExceptWith([device, server]);
    }

    private async Task CopyAsync(Socket from, Socket to, WireState lostIn)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, _over.Token) is > 0 and var count)
        {
            if (_state != lostIn)
                await to.SendAsync(buffer.AsMemory(0, count), _over.Token);
        }
    }
}

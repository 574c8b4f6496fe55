using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Chat.Bench.Servers;

namespace Chat.Bench.Wire;

/// <summary>
/// A WebSocket client for load: RFC 6455 over a plain socket, text frames up to 1 MiB, with TLS where the address is https (a certificate for localhost will do). Of a message in fragments (SignalR sends such) each is handed on by itself.
/// One read takes in all the frames that wait, and what the handler posts meanwhile leaves in one write.
/// </summary>
internal sealed class WebSocketClient : IFrameSink, IDisposable
{
    private const int MaxFrameBytes = 1024 * 1024;
    private const int MaxPendingBytes = 1024 * 1024;
    private const int MaxHeaderBytes = 8;       // client frames up to 64 KiB: 2, perhaps 2 of length, 4 of mask
    private const byte Final = 0x80, Masked = 0x80, Continuation = 0, Text = 1, Close = 8, Ping = 9, Pong = 10;
    private const uint Mask = 0x5EA17E55;       // hides nothing here, but makes the server do the work that it always has

    private readonly Socket socket;
    private readonly Lock gate = new();
    private byte[] input = new byte[4096];
    private int inputStart;                     // input: only the reading loop
    private int inputEnd;
    private byte[] pending = new byte[512];     // under gate, all below
    private byte[] sending = new byte[512];
    private int pendingLength;
    private bool flushing;
    private SslStream? tls;                     // set before the first read

    private WebSocketClient(Socket socket) => this.socket = socket;

    /// <summary>The code of the server's close frame; 0 while there was none.</summary>
    public int CloseCode { get; private set; }

    /// <summary>No more frames will come.</summary>
    public bool HasEnded { get; private set; }

    public static async Task<WebSocketClient> ConnectAsync(Uri server, string pathAndQuery, string? token, CancellationToken ct, string? protocol = null)
    {
        var client = new WebSocketClient(new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            await client.socket.ConnectAsync(server.Host, server.Port, ct);
            if (server.Scheme == Uri.UriSchemeHttps)
                await client.EncryptAsync(server.Host, ct);
            await client.UpgradeAsync(server, pathAndQuery, token, protocol, ct);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Puts a text frame into the buffer that <see cref="Flush"/> sends.</summary>
    /// <returns>False, and nothing is sent, when the server reads so slowly that 1 MiB waits already.</returns>
    public bool Post(ReadOnlySpan<byte> payload) => Post(Text, payload);

    /// <summary>Sends bytes as they are, frames or not, past what was posted.</summary>
    public async ValueTask SendRawAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (tls is not null)
        {
            await tls.WriteAsync(bytes, ct);
            return;
        }

        for (var sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes[sent..], SocketFlags.None, ct);
    }

    /// <summary>Sends what was posted, at once or behind the write under way. Any thread may call it.</summary>
    public void Flush()
    {
        int length;
        lock (gate)
        {
            if (flushing || pendingLength == 0)
                return;
            flushing = true;
            length = TakePending();
        }

        _ = FlushAsync(length);     // catches all it can meet
    }

    /// <summary>Hands frames to the handler until the connection ends, from whichever side.</summary>
    public async Task ReadAsync(IFrameHandler handler)
    {
        try
        {
            while (CloseCode == 0)
            {
                HandleFrames(handler);
                Flush();
                if (await FillAsync(CancellationToken.None) == 0)
                    return;
            }
        }
        catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException)
        {
            // Reset by the server, or disposed here at the end of the run.
        }
        finally
        {
            HasEnded = true;
        }
    }

    public void SendClose()
    {
        Post(Close, [0x03, 0xE8]);      // 1000
        Flush();
    }

    public void Dispose() => socket.Dispose();

    private async Task EncryptAsync(string host, CancellationToken ct)
    {
        tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = TestCertificate.IsAccepted }, ct);
    }

    private async Task UpgradeAsync(Uri server, string pathAndQuery, string? token, string? protocol, CancellationToken ct)
    {
        var subprotocol = protocol is null ? "" : $"Sec-WebSocket-Protocol: {protocol}\r\n";
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        var request = $"GET {pathAndQuery} HTTP/1.1\r\nHost: {server.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: Y2hhdC1iZW5jaC1sb2FkIQ==\r\n{subprotocol}{authorization}\r\n";
        await SendRawAsync(Encoding.ASCII.GetBytes(request), ct);

        int headEnd;
        while ((headEnd = input.AsSpan(0, inputEnd).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (await FillAsync(ct) == 0)
                throw new BenchException("The server closed the connection during the upgrade.");
        }

        var statusLine = Encoding.ASCII.GetString(input, 0, input.AsSpan(0, headEnd + 2).IndexOf("\r\n"u8));
        if (!statusLine.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            throw new BenchException($"The server refused {pathAndQuery}: {statusLine}");
        inputStart = headEnd + 4;
    }

    private async ValueTask<int> FillAsync(CancellationToken ct)
    {
        var waiting = inputEnd - inputStart;
        if (inputStart > 0)
        {
            input.AsSpan(inputStart, waiting).CopyTo(input);
            (inputStart, inputEnd) = (0, waiting);
        }

        if (inputEnd == input.Length)
            Array.Resize(ref input, input.Length * 2);
        var read = tls is null ? await socket.ReceiveAsync(input.AsMemory(inputEnd), SocketFlags.None, ct) : await tls.ReadAsync(input.AsMemory(inputEnd), ct);
        inputEnd += read;
        return read;
    }

    private void HandleFrames(IFrameHandler handler)
    {
        while (TryTakeFrame(out var opcode, out var payload))
        {
            switch (opcode)
            {
                case Text or Continuation:
                    handler.OnFrame(payload);
                    break;
                case Ping:
                    Post(Pong, payload);
                    break;
                case Close:
                    CloseCode = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005;
                    Post(Close, payload);
                    break;
                case Pong:
                    break;
                default:
                    throw new BenchException($"The server sent a frame of opcode {opcode}, which the generator does not know.");
            }
        }
    }

    private bool TryTakeFrame(out byte opcode, out ReadOnlySpan<byte> payload)
    {
        var bytes = input.AsSpan(inputStart, inputEnd - inputStart);
        opcode = 0;
        payload = default;
        if (bytes.Length < 2)
            return false;

        long length = bytes[1];
        var header = length switch { < 126 => 2, 126 => 4, _ => 10 };
        if (bytes.Length < header)
            return false;
        if (header > 2)
            length = header == 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
        if (length is < 0 or > MaxFrameBytes)
            throw new BenchException("The server sent a frame over 1 MiB.");
        if (bytes.Length - header < length)
            return false;

        opcode = (byte)(bytes[0] & 0x0F);
        payload = bytes.Slice(header, (int)length);
        inputStart += header + (int)length;
        return true;
    }

    private bool Post(byte opcode, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            var needed = pendingLength + MaxHeaderBytes + payload.Length;
            if (needed > MaxPendingBytes)
                return false;
            if (needed > pending.Length)
                Array.Resize(ref pending, Math.Max(needed, pending.Length * 2));

            var target = pending.AsSpan(pendingLength);
            var header = WriteHeader(target, opcode, payload.Length);
            CopyMasked(payload, target[header..]);
            pendingLength += header + payload.Length;
            return true;
        }
    }

    private static int WriteHeader(Span<byte> target, byte opcode, int length)
    {
        var start = 2;
        target[0] = (byte)(Final | opcode);
        if (length < 126)
        {
            target[1] = (byte)(Masked | length);
        }
        else
        {
            target[1] = Masked | 126;
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], checked((ushort)length));
            start = 4;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target[start..], Mask);
        return start + 4;
    }

    private static void CopyMasked(ReadOnlySpan<byte> source, Span<byte> target)
    {
        const ulong mask = ((ulong)Mask << 32) | Mask;
        var i = 0;
        for (; i + 8 <= source.Length; i += 8)
            BinaryPrimitives.WriteUInt64LittleEndian(target[i..], BinaryPrimitives.ReadUInt64LittleEndian(source[i..]) ^ mask);
        for (; i < source.Length; i++)
            target[i] = (byte)(source[i] ^ (byte)(mask >> (8 * (i & 3))));
    }

    /// <summary>Under the gate: the pending bytes become those being sent, and posting goes on in the other buffer.</summary>
    private int TakePending()
    {
        (pending, sending) = (sending, pending);
        var length = pendingLength;
        pendingLength = 0;
        return length;
    }

    private async Task FlushAsync(int length)
    {
        try
        {
            while (length > 0)
            {
                await SendRawAsync(sending.AsMemory(0, length), CancellationToken.None);
                lock (gate)
                {
                    length = TakePending();
                    flushing = length > 0;
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException)
        {
            // The reading loop meets the same end. Still marked as flushing, the connection sends no more.
        }
    }
}

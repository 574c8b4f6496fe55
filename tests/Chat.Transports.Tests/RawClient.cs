using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Chat.Transports.Tests;

/// <summary>A WebSocket client that sends whatever bytes it is told to. Its mask is four zeros, so payloads stand as they are.</summary>
public sealed class RawClient : IAsyncDisposable
{
    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;

    private RawClient(TcpClient tcp) => (_tcp, _stream) = (tcp, tcp.GetStream());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <param name="behind">Sent with the handshake, before its answer.</param>
    public static async Task<RawClient> ConnectAsync(Uri address, params byte[] behind)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(address.Host, address.Port, Ct);
        var client = new RawClient(tcp);
        await client.SendAsync([.. Encoding.ASCII.GetBytes(
            $"GET /ws?access_token={TransportHost.Token()} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), .. behind]);
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append((char)(await client.ReadAsync(1))[0]);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head.ToString(), StringComparison.Ordinal); // RFC 6455 §1.3's example
        return client;
    }

    /// <param name="first">FIN and opcode.</param>
    /// <param name="payload">At most 125 bytes.</param>
    public static byte[] Frame(byte first, ReadOnlySpan<byte> payload) => [first, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload];

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes, Ct).AsTask();

    /// <summary>The next frame: its first byte in hex, and its payload; of a close the code in figures.</summary>
    public async Task<string> NextAsync()
    {
        var header = await ReadAsync(2);
        var length = header[1] == 126 ? BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)) : header[1];
        var payload = await ReadAsync(length);
        return header[0] == 0x88
            ? $"88-{BinaryPrimitives.ReadUInt16BigEndian(payload)} {Encoding.UTF8.GetString(payload.AsSpan(2))}"
            : $"{header[0]:X2}-{Encoding.UTF8.GetString(payload)}";
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<byte[]> ReadAsync(int bytes)
    {
        var buffer = new byte[bytes];
        await _stream.ReadExactlyAsync(buffer, Ct);
        return buffer;
    }
}

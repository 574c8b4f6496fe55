using System.Net.WebSockets;
using System.Text;

namespace Chat.Transports.Tests;

/// <summary>A bare WebSocket, frame by frame.</summary>
public sealed class SocketClient(ClientWebSocket socket) : IAsyncDisposable
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ClientWebSocket Socket => socket;

    public Task SendAsync(string frame) => SendAsync(Encoding.UTF8.GetBytes(frame));

    public Task SendAsync(byte[] bytes, WebSocketMessageType type = WebSocketMessageType.Text, bool end = true) =>
        socket.SendAsync(bytes, type, end, Ct);

    /// <summary>The next frame; where it is the server's close, its code and text.</summary>
    public async Task<string> NextAsync()
    {
        var buffer = new byte[1024 * 1024];
        var count = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(count), Ct);
            if (part.MessageType == WebSocketMessageType.Close)
                return $"{(int)socket.CloseStatus!} {socket.CloseStatusDescription}";
            count += part.Count;
            if (part.EndOfMessage)
                return Encoding.UTF8.GetString(buffer, 0, count);
        }
    }

    public async Task<string> AskAsync(string frame)
    {
        await SendAsync(frame);
        return await NextAsync();
    }

    /// <summary>The server's close, past whatever comes before it; answered.</summary>
    public async Task<string> CloseOfServerAsync()
    {
        string frame;
        do
            frame = await NextAsync();
        while (frame.StartsWith('{'));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        return frame;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

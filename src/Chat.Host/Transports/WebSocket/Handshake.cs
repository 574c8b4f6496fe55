using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Chat.Host.Http.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Chat.Host.Transports.WebSocket;

/// <summary>Turns a request into a WebSocket's bytes. What makes a request one, ASP.NET Core's middleware has checked.</summary>
internal static class Handshake
{
    private static readonly StreamPipeReaderOptions Unbuffered = new(useZeroByteReads: true);

    /// <summary>By HTTP/1.1's upgrade (RFC 6455 §4.2.2) or HTTP/2's extended CONNECT (RFC 8441).</summary>
    /// <returns>The socket's bytes, and with an HTTP/1.1 upgrade what can take the connection from the request.</returns>
    public static async Task<(IDuplexPipe Pipe, UpgradeHandover? Handover)> AcceptAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
            return (new StreamPipes(await connect.AcceptAsync()), null);
        var headers = context.Response.Headers;
        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = AcceptFor(context.Request.Headers.SecWebSocketKey.ToString());
        var upgraded = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        // From here on the connection is this request's alone: its own pipes cost a frame less than the request's streams on top of them.
        return (context.Features.Get<IConnectionTransportFeature>()?.Transport ?? new StreamPipes(upgraded), context.Features.Get<UpgradeHandover>());
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 §4.2.2 names SHA-1; nothing rests on it.")]
    private static string AcceptFor(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));

    private sealed class StreamPipes(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, Unbuffered);

        public PipeWriter Output { get; } = PipeWriter.Create(stream);
    }
}

using System.Net.Http.Headers;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>A user who sends by REST: each message is a request, its answer the ack. One at a time, as answers of several would have no order.</summary>
internal sealed class RestSender(Server server, HttpClient http, string user, Action<ServerFrame> take) : IFrameSink
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly AuthenticationHeaderValue authorization = new("Bearer", server.Accounts.TokenOf(user));

    public bool Post(ReadOnlySpan<byte> payload)
    {
        _ = SendAsync(payload.ToArray());    // catches what it can meet
        return true;
    }

    public void Flush()
    {
    }

    private async Task SendAsync(byte[] body)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages");
            request.Headers.Authorization = authorization;
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
            using var answer = await http.SendAsync(request);
            Take(await answer.Content.ReadAsByteArrayAsync(), answer.IsSuccessStatusCode);
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            take(new ServerFrame { Type = FrameType.Error, Code = "request_failed"u8 });
        }
    }

    private void Take(byte[] json, bool isAck)
    {
        var frame = ServerFrame.Parse(json);
        (frame.Type, frame.Status) = isAck ? (FrameType.Ack, AckStatus.Sent) : (FrameType.Error, AckStatus.None);
        take(frame);
    }
}

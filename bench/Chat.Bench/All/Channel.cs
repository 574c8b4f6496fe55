using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Chat.Bench.Load;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.All;

/// <summary>
/// A large channel: its messages are not pushed. A connected member is told that there are new ones, and fetches them at once, which is the most that members can ask for.
/// </summary>
internal sealed class Channel : IDisposable
{
    private const int MembersPerRequest = 999;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Latency delivered = new();
    private readonly List<WebSocketClient> sockets = [];

    private Channel()
    {
    }

    public static async Task<Sample> RunAsync(Server server, int members, int readers, int perSecond, int seconds, CancellationToken ct)
    {
        using var channel = new Channel();
        return await channel.MeasureAsync(server, [.. Enumerable.Range(0, members).Select(n => $"bench-c-{n:D5}")], readers, perSecond, seconds, ct);
    }

    public void Dispose()
    {
        foreach (var socket in sockets)
            socket.Dispose();
        delivered.Dispose();
    }

    private async Task<Sample> MeasureAsync(Server server, string[] members, int count, int perSecond, int seconds, CancellationToken ct)
    {
        var owner = members[0];
        using var http = server.NewHttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Accounts.TokenOf(owner));
        var id = await Groups.MakeAsync(server, owner, members[1..Math.Min(members.Length, MembersPerRequest)], ct);
        foreach (var more in members.Skip(MembersPerRequest).Chunk(MembersPerRequest))
            await PostAsync(http, $"/v1/groups/{id}/members", $$"""{"members":["{{string.Join("\",\"", more)}}"]}""", ct);
        // What was there before is not fetched.
        var head = (await PostAsync(http, "/v1/messages", $$"""{"to":"{{id}}","text":"hello","clientMsgId":"{{Guid.CreateVersion7():N}}"}""", ct)).GetProperty("seqNo").GetInt64();

        var flow = new Flow(id, MessageTemplate.Of(Door.Ws, id, "", 100), run: Random.Shared.Next(1, int.MaxValue));
        var readers = new Reader[count];
        for (var n = 0; n < count; n++)
        {
            var incoming = new Incoming(id);
            incoming.Add(flow, isAcross: false);
            var socket = await server.ConnectAsync(members[n + 1], ct);
            sockets.Add(socket);
            readers[n] = new Reader(this, socket, incoming, head);
            _ = socket.ReadAsync(readers[n]);       // ends with the socket
        }

        var sending = await server.ConnectAsync(owner, ct);
        sockets.Add(sending);
        var acks = new Acks(flow);
        _ = sending.ReadAsync(acks);
        await Task.WhenAll(readers.Select(reader => reader.CaughtUp)).WaitAsync(Patience, ct);

        var (cpu, began) = (server.Meter!.Read().Cpu, Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var n = 0; n < perSecond * seconds && await timer.WaitForNextTickAsync(ct); n++)
        {
            flow.PostNext(sending, Stopwatch.GetTimestamp());
            sending.Flush();
        }

        var deadline = Stopwatch.GetTimestamp() + (long)(Patience.TotalSeconds * Stopwatch.Frequency);
        while (!flow.IsQuiet && Stopwatch.GetTimestamp() < deadline)
            await Task.Delay(20, ct);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var latency = delivered.Summarise();
        return new Sample(
        [
            new("messages fetched/s", flow.Arrived / took),
            new("send to fetched p50, ms", latency?.P50 ?? double.NaN),
            new("send to fetched p99, ms", latency?.P99 ?? double.NaN),
            new("server CPU a fetched message, µs", (server.Meter.Read().Cpu - cpu).TotalMicroseconds / flow.Arrived),
        ], new Verdict((long)flow.Sent * count - flow.Arrived + (flow.Sent - flow.Acked), readers.Sum(reader => reader.Incoming.Duplicates),
            flow.AcksOutOfOrder + readers.Sum(reader => reader.Incoming.OutOfOrder), string.Join(", ", readers.Select(reader => reader.Error).Append(acks.Error).OfType<string>().Distinct())));
    }

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, string body, CancellationToken ct)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, content, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"{path}: {(int)answer.StatusCode} {text}");
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private sealed class Acks(Flow flow) : IFrameHandler
    {
        public string? Error { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            var frame = ServerFrame.Parse(json);
            if (frame is { Type: FrameType.Ack, Status: AckStatus.Sent })
                flow.TryOnSent(frame.ClientMsgId, frame.SeqNo, out _);
            else if (frame.Type is FrameType.Error)
                Error = Encoding.UTF8.GetString(frame.Code);
        }
    }

    /// <summary>Fetches when it is told to, one page at a time. Only its reading loop touches it.</summary>
    private sealed class Reader(Channel channel, WebSocketClient socket, Incoming incoming, long head) : IFrameHandler
    {
        private readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long after = head;
        private bool isFetching, isTold;

        public Incoming Incoming => incoming;
        public Task CaughtUp => caughtUp.Task;
        public string? Error { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            switch (ServerFrame.Parse(json))
            {
                case { Type: FrameType.CaughtUp }:
                    caughtUp.TrySetResult();
                    break;
                case { Type: FrameType.Advanced }:
                    isTold = true;
                    Fetch();
                    break;
                case { Type: FrameType.Page }:
                    isFetching = false;
                    TakePage(json);
                    Fetch();
                    break;
                case { Type: FrameType.Error } error:
                    Error = Encoding.UTF8.GetString(error.Code);
                    break;
            }
        }

        private void Fetch()
        {
            if (isFetching || !isTold)
                return;
            (isFetching, isTold) = (true, false);
            socket.Post(Encoding.UTF8.GetBytes($$"""{"type":"sync","conversationId":"{{incoming.ConversationId}}","after":{{after}}}"""));
        }

        private void TakePage(ReadOnlySpan<byte> json)
        {
            var reader = new Utf8JsonReader(json);
            using var page = JsonDocument.ParseValue(ref reader);
            foreach (var message in page.RootElement.GetProperty("messages").EnumerateArray())
            {
                var text = Encoding.UTF8.GetBytes(message.GetProperty("text").GetString()!);
                if (incoming.TryOnArrived(text, message.GetProperty("seqNo").GetInt64(), out var dueAt, out _))
                    channel.delivered.Record(dueAt, Stopwatch.GetTimestamp());
            }

            after = page.RootElement.GetProperty("nextAfter").GetInt64();
            isTold |= page.RootElement.GetProperty("maxSeqNo").GetInt64() > after;
        }
    }
}

using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Attacks;

/// <summary>One client sends one kind of thing as fast as it can: how much is taken, when is it refused, what does it cost the server?</summary>
internal static class FloodAttack
{
    private const string User = "bench-flood";
    private const string Friend = "bench-flood-friend";
    private const int BlockBytes = 32 * 1024;
    private const int CallsAtOnce = 16;

    private static readonly string Conversation = $"dm:{User}:{Friend}";

    private static readonly (string Name, byte[] Frame)[] Frames =
    [
        ("acks that move nothing", Text($$"""{"type":"ack","conversationId":"{{Conversation}}","seqNo":1,"status":"read"}""")),
        ("typing", Text($$"""{"type":"typing","conversationId":"{{Conversation}}","active":true}""")),
        ("pings", Masked(0x89, [])),
        ("pongs", Masked(0x8A, [])),
        ("empty fragments", Masked(0x00, [])),
        ("bad frames", Text("{}")),
    ];

    private static readonly (string Name, byte[] Frame)[] HubFrames =
    [
        ("hub: unknown methods", Text("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Nothing\",\"arguments\":[]}\u001e")),
        ("hub: pings", Text("{\"type\":6}\u001e")),
    ];

    private static readonly (string Name, HttpMethod Method, string Path)[] Calls =
    [
        ("negotiate", HttpMethod.Post, "/hub/negotiate?negotiateVersion=1"),
        ("GET /v1/devices", HttpMethod.Get, "/v1/devices"),
        ("DELETE /v1/devices/x", HttpMethod.Delete, "/v1/devices/x"),
    ];

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var span = TimeSpan.FromSeconds(arguments.Int("--seconds", 3));
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        arguments.RefuseUnknown();
        await using var server = await Server.StartHostAsync(path, ct, configure: start => start.Environment["RateLimits__Enabled"] = "true");
        await server.Accounts.RegisterAsync([User, Friend], ct);
        await SendOneAsync(server, ct);

        foreach (var (name, frame) in Frames)
        {
            using var socket = await server.ConnectAsync(User, ct);
            // A message that its fragments go on with.
            await FloodAsync(server, socket, name, frame[0] == 0 ? Masked(0x01, "{"u8) : [], frame, span, ct);
        }
        foreach (var (name, frame) in HubFrames)
        {
            using var socket = await WebSocketClient.ConnectAsync(server.Url, "/hub", server.Accounts.TokenOf(User), ct);
            await FloodAsync(server, socket, name, Text("{\"protocol\":\"json\",\"version\":1}\u001e"), frame, span, ct);
        }
        foreach (var (name, method, call) in Calls)
            await CallAsync(server, name, method, call, span, ct);
        return server.IsRunning ? 0 : 1;
    }

    private static async Task FloodAsync(
        Server server, WebSocketClient socket, string name, byte[] first, byte[] frame, TimeSpan span, CancellationToken ct)
    {
        var answers = new Answers();
        var reading = socket.ReadAsync(answers);
        var atOnce = Math.Max(1, BlockBytes / frame.Length);
        var block = Enumerable.Repeat(frame, atOnce).SelectMany(bytes => bytes).ToArray();
        var before = server.Meter!.Read().Cpu;
        var began = Stopwatch.GetTimestamp();
        var sent = 0L;
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct);
        until.CancelAfter(span);
        try
        {
            await socket.SendRawAsync(first, until.Token);
            for (; socket.CloseCode == 0 && !socket.HasEnded; sent += atOnce)
                await socket.SendRawAsync(block, until.Token);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            // The server has ended the connection, or the time is over.
        }
        var took = Stopwatch.GetElapsedTime(began);
        var cpu = server.Meter.Read().Cpu - before;
        var ending = socket.CloseCode != 0 ? $"closed with {socket.CloseCode}" : socket.HasEnded ? "ended" : "still open";
        Console.WriteLine($"{name}: {sent:N0} sent in {took.TotalSeconds:N1} s ({sent / took.TotalSeconds:N0}/s), {answers.RateLimited:N0} answers say rate_limited, {ending}; "
            + $"server CPU {cpu.TotalSeconds:N2} s");
        socket.Dispose();
        await reading;
    }

    private static async Task CallAsync(Server server, string name, HttpMethod method, string path, TimeSpan span, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Accounts.TokenOf(User));
        var (taken, refused) = (0, 0);
        var before = server.Meter!.Read().Cpu;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, CallsAtOnce).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(began) < span)
            {
                using var request = new HttpRequestMessage(method, path);
                using var answer = await http.SendAsync(request, ct);
                _ = (int)answer.StatusCode == 429 ? Interlocked.Increment(ref refused) : Interlocked.Increment(ref taken);
            }
        }));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine($"{name}: {taken / seconds:N0}/s taken, {refused / seconds:N0}/s refused as rate_limited; "
            + $"server CPU {(server.Meter.Read().Cpu - before).TotalSeconds:N2} s");
    }

    private static async Task SendOneAsync(Server server, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Accounts.TokenOf(User));
        using var body = new StringContent($$"""{"to":"@{{Friend}}","text":"hello","clientMsgId":"1"}""", Encoding.UTF8, "application/json");
        using var sent = await http.PostAsync("/v1/messages", body, ct);
        sent.EnsureSuccessStatusCode();
    }

    private static byte[] Text(string text) => Masked(0x81, Encoding.UTF8.GetBytes(text));

    // With a mask of zeros the payload stands as it is.
    private static byte[] Masked(byte first, ReadOnlySpan<byte> payload) => payload.Length < 126
        ? [first, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]
        : [first, 0xFE, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0, .. payload];

    private sealed class Answers : IFrameHandler
    {
        public int RateLimited { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            if (json.IndexOf("rate_limited"u8) >= 0)
                RateLimited++;
        }
    }
}

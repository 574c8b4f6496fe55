using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Chat.Bench.Load;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.Attacks;

/// <summary>
/// One account has something waiting in very many direct conversations, connects, and takes what comes while a friend writes to it. How long do
/// others wait for their messages meanwhile?
/// </summary>
internal static class FeedsAttack
{
    private const string Attacker = "bench-feeds-attacker";
    private const string Friend = "bench-feeds-friend";
    private const string Receiver = "bench-feeds-receiver";
    private const int Senders = 8;
    private const int SendsAtOnce = 64;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var waiting = arguments.Int("--waiting", 40_000);
        var seconds = arguments.Int("--seconds", 60);
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        arguments.RefuseUnknown();
        await using var server = await Server.StartHostAsync(path, ct);
        var senders = Enumerable.Range(0, Senders).Select(n => $"bench-feeds-sender{n}").ToArray();
        await server.Accounts.RegisterAsync([Attacker, Friend, Receiver, .. senders], ct);
        waiting = await FillAsync(server, waiting, ct);

        using var receiver = new Reader(await server.ConnectAsync(Receiver, ct));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writers = new List<Task>();
        foreach (var (user, to) in senders.Select(sender => (sender, Receiver)).Append((Friend, Attacker)))
            writers.Add(WriteAsync(await server.ConnectAsync(user, ct), to, ended.Token));
        await Task.Delay(Before, ct);
        Console.WriteLine($"before: {receiver.TakeLatency()}");

        var connected = Stopwatch.GetTimestamp();
        using var attacker = new Reader(await server.ConnectAsync(Attacker, ct));
        await Task.WhenAny(attacker.CaughtUp, Task.Delay(TimeSpan.FromSeconds(seconds), ct));
        var took = Stopwatch.GetElapsedTime(connected);
        // What was held up is late, and counts.
        await Task.Delay(Before, ct);
        var drained = attacker.CaughtUp.IsCompleted ? $"caughtUp after {took.TotalSeconds:N1} s" : $"not caughtUp in {seconds} s, {attacker.Messages:N0} messages taken";
        Console.WriteLine($"while a device with {waiting:N0} conversations waiting is connected: {receiver.TakeLatency()}; {drained}; "
            + $"{(server.Meter?.Read().RssBytes ?? 0) / 1048576:N0} MiB resident");
        await ended.CancelAsync();
        await Task.WhenAll(writers);
        return 0;
    }

    /// <summary>Writes one message to each of so many ids that nobody has; how many the host took.</summary>
    private static async Task<int> FillAsync(Server server, int conversations, CancellationToken ct)
    {
        using var http = server.NewHttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Accounts.TokenOf(Attacker));
        var (taken, refused) = (0, 0);
        await Parallel.ForAsync(0, conversations, new ParallelOptions { MaxDegreeOfParallelism = SendsAtOnce, CancellationToken = ct }, async (n, stop) =>
        {
            if (Volatile.Read(ref refused) > 0)
                return;
            using var body = new StringContent(Message($"bench-nobody-{n}", "hello", $"fill-{n}"), Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync("/v1/messages", body, stop);
            if (answer.IsSuccessStatusCode)
                Interlocked.Increment(ref taken);
            else if (Interlocked.Increment(ref refused) == 1)
                Console.WriteLine($"refused: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
        });
        return taken;
    }

    private static async Task WriteAsync(WebSocketClient socket, string to, CancellationToken ct)
    {
        using var reader = new Reader(socket);
        using var timer = new PeriodicTimer(Pace);
        try
        {
            for (var n = 0; await timer.WaitForNextTickAsync(ct); n++)
            {
                socket.Post(Encoding.UTF8.GetBytes(Message(to, $"{Stopwatch.GetTimestamp()}", $"{to}-{n}")));
                socket.Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // The attack has ended.
        }
    }

    private static string Message(string to, string text, string clientMsgId) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"type":"message","to":"@{{to}}","text":"{{text}}","clientMsgId":"{{clientMsgId}}"}""");

    /// <summary>Acks each message as it comes, and measures how old those are that carry their time.</summary>
    private sealed class Reader : IFrameHandler, IDisposable
    {
        private readonly WebSocketClient _socket;
        private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Latency _latency = new();

        public Reader(WebSocketClient socket)
        {
            _socket = socket;
            _ = socket.ReadAsync(this);
        }

        public Task CaughtUp => _caughtUp.Task;

        public int Messages { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            var frame = ServerFrame.Parse(json);
            if (frame.Type == FrameType.CaughtUp)
                _caughtUp.TrySetResult();
            if (frame.Type != FrameType.Message)
                return;
            Messages++;
            if (long.TryParse(frame.Text, CultureInfo.InvariantCulture, out var sent))
                _latency.Record(sent, Stopwatch.GetTimestamp());
            _socket.Post(Encoding.UTF8.GetBytes(
                $$"""{"type":"ack","conversationId":"{{Encoding.UTF8.GetString(frame.ConversationId)}}","seqNo":{{frame.SeqNo}},"status":"delivered"}"""));
        }

        /// <summary>Of what came since the last call.</summary>
        public string TakeLatency()
        {
            using var taken = Interlocked.Exchange(ref _latency, new Latency());
            return taken.Summarise() is { } summary
                ? string.Create(CultureInfo.InvariantCulture, $"others' messages take {summary.P50:N1} ms (median), {summary.P99:N0} ms (99 %), {summary.Max:N0} ms (longest) of {summary.Count:N0}")
                : "nothing of the others' came through";
        }

        public void Dispose()
        {
            _socket.Dispose();
            _latency.Dispose();
        }
    }
}

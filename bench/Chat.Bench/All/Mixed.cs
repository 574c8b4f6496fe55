using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Chat.Bench.Load;
using Chat.Bench.Servers;
using Chat.Bench.Wire;

namespace Chat.Bench.All;

/// <summary>A day in the life: pairs and groups that write at a steady rate, while other devices of their users come, look around and go.</summary>
internal static class Mixed
{
    public static LoadOptions Load(LoadOptions pairs) => pairs with { Mode = LoadMode.Open, Rate = 500, Groups = 10, GroupSize = 10, BothDirections = true };

    public static async Task<Sample> RunAsync(Server server, LoadOptions pairs, SigningKeyFile key, CancellationToken ct)
    {
        await using var visits = new Visits(server, key, [.. Enumerable.Range(0, pairs.Pairs).Select(pair => LoadConversation.Pair(pair, 1, null)).Select(pair => (pair[0].Name, pair[1].Name))]);
        var result = await LoadRun.RunAsync(Load(pairs), [server], visits, ct);
        return new Sample(
        [
            new("acked messages/s", result.AckedPerSecond),
            new("send to delivered p50, ms", result.SentToDelivered?.P50 ?? double.NaN),
            new("send to delivered p99, ms", result.SentToDelivered?.P99 ?? double.NaN),
            new("visits/s", visits.Count / (double)pairs.Seconds),
            new("a visit's connect to caughtUp p99, ms", visits.Connects?.P99 ?? double.NaN),
            new("a visit's first page of the list p99, ms", visits.Lists?.P99 ?? double.NaN),
            new("server CPU a message, visits included, µs", result.ServerCpuMicrosecondsPerMessage ?? double.NaN),
        ], Verdict.Of(result) + new Verdict(0, 0, 0, string.Join(", ", visits.Troubles.Distinct())));
    }
}

/// <summary>Devices that connect, read the list and a page of history, write a little, mark a conversation as read and go.</summary>
/// <param name="users">Pairs that have a direct conversation.</param>
internal sealed class Visits(Server server, SigningKeyFile key, (string One, string Other)[] users) : ILoadWindow, IAsyncDisposable
{
    public const int PerSecond = 10;

    private readonly HttpClient http = server.NewHttpClient();
    private readonly CancellationTokenSource ending = new();
    private readonly Latency connects = new(), lists = new();
    private readonly ConcurrentQueue<string> troubles = new();
    private Task coming = Task.CompletedTask;
    private int count;

    public int Count => count;
    public IEnumerable<string> Troubles => troubles;
    public LatencySummary? Connects => connects.Summarise();
    public LatencySummary? Lists => lists.Summarise();

    public Task BeginAsync()
    {
        coming = ComeAsync();
        return Task.CompletedTask;
    }

    public async Task EndAsync()
    {
        await ending.CancelAsync();
        await coming;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        http.Dispose();
        ending.Dispose();
        connects.Dispose();
        lists.Dispose();
    }

    private async Task ComeAsync()
    {
        List<Task> under = [];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
        try
        {
            for (var n = 0; await timer.WaitForNextTickAsync(ending.Token); n++)
                under.Add(VisitAsync(users[n % users.Length]));
        }
        catch (OperationCanceledException)
        {
            // The window is over.
        }

        await Task.WhenAll(under);
    }

    private async Task VisitAsync((string One, string Other) pair)
    {
        var (token, conversation) = (key.Token(pair.Other, "tablet"), $"dm:{pair.One}:{pair.Other}");
        try
        {
            var began = Stopwatch.GetTimestamp();
            using var socket = await WebSocketClient.ConnectAsync(server.Url, "/ws", token, CancellationToken.None);
            var device = new Device();
            var reading = socket.ReadAsync(device);
            await device.CaughtUp.WaitAsync(TimeSpan.FromSeconds(30));
            connects.Record(began, Stopwatch.GetTimestamp());

            began = Stopwatch.GetTimestamp();
            await GetAsync("/v1/conversations?limit=50", token);
            lists.Record(began, Stopwatch.GetTimestamp());
            await GetAsync($"/v1/conversations/{conversation}/messages?limit=50", token);
            Say(socket, $$"""{"type":"typing","conversationId":"{{conversation}}","active":true}""");
            if (device.LastSeqNoOf(conversation) is { } seqNo)
                Say(socket, $$"""{"type":"ack","conversationId":"{{conversation}}","seqNo":{{seqNo}},"status":"read"}""");
            socket.SendClose();
            await reading.WaitAsync(TimeSpan.FromSeconds(30));
            foreach (var code in device.Errors)
                troubles.Enqueue(code);
            Interlocked.Increment(ref count);
        }
        catch (Exception failure) when (failure is BenchException or HttpRequestException or TimeoutException or IOException or System.Net.Sockets.SocketException)
        {
            troubles.Enqueue($"a visit failed: {failure.Message}");
        }
    }

    private static void Say(WebSocketClient socket, string frame)
    {
        socket.Post(Encoding.UTF8.GetBytes(frame));
        socket.Flush();
    }

    private async Task GetAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
    }

    private sealed class Device : IFrameHandler
    {
        private readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentDictionary<string, long> last = new();

        public Task CaughtUp => caughtUp.Task;
        public ConcurrentQueue<string> Errors { get; } = new();

        public long? LastSeqNoOf(string conversation) => last.TryGetValue(conversation, out var seqNo) ? seqNo : null;

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            var frame = ServerFrame.Parse(json);
            if (frame.Type is FrameType.CaughtUp)
                caughtUp.TrySetResult();
            else if (frame.Type is FrameType.Message)
                last[Encoding.UTF8.GetString(frame.ConversationId)] = frame.SeqNo;
            else if (frame.Type is FrameType.Error)
                Errors.Enqueue(Encoding.UTF8.GetString(frame.Code));
        }
    }
}

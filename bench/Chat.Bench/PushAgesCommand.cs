using System.Diagnostics;
using System.Globalization;
using System.Text;
using Chat.Bench.Servers;
using Chat.Testing.Push;

namespace Chat.Bench;

/// <summary>How old push notifications are when the platform has them: messages at a rate, evenly spaced, to users whose phones are away. From before the message is sent.</summary>
internal static class PushAgesCommand
{
    private const int Senders = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var rate = arguments.Int("--rate", 1_000);
        var seconds = arguments.Int("--seconds", 10);
        var warmup = arguments.Int("--warmup", 5, min: 0);
        var receivers = Enumerable.Range(0, arguments.Int("--receivers", 1_000)).Select(n => $"bench-push-{n}").ToArray();
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        arguments.RefuseUnknown();

        var folder = Directory.CreateTempSubdirectory("chat-bench-");
        try
        {
            return await RunAsync(path, folder, receivers, rate, seconds, warmup, ct);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> RunAsync(string path, DirectoryInfo folder, string[] receivers, int rate, int seconds, int warmup, CancellationToken ct)
    {
        await using var fcm = await FakeFcm.StartAsync();
        using var key = new SigningKeyFile();
        await using var server = await Server.StartHostAsync(path, ct, configure: start =>
        {
            start.Environment["Auth__SigningKeyFile"] = key.Path;
            start.Environment["Push__Fcm__Endpoint"] = fcm.Origin;
            start.Environment["Push__Fcm__ServiceAccountFile"] = fcm.WriteServiceAccountTo(folder.FullName);
            start.Environment["Push__Fcm__SendsPerSecond"] = "100000";
        }, key: key);
        using var http = server.NewHttpClient();
        var senders = Enumerable.Range(0, Senders).Select(n => $"bench-push-sender-{n}").ToArray();
        foreach (var receiver in receivers)
            await CallAsync(http, HttpMethod.Put, "/v1/push", server.Accounts.TokenOf(receiver), $$"""{"kind":"fcm","token":"{{fcm.NewDevice()}}","content":"full"}""", ct);

        // A conversation has one writer, whose messages come one after the other.
        var sent = new DateTimeOffset[rate * (warmup + seconds)];
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(senders.Select((sender, lane) => Task.Run(() => SendAsync(sender, lane), ct)));
        var took = Stopwatch.GetElapsedTime(started);

        await WaitAsync(fcm, sent.Length, ct);
        var ages = Ages(fcm, sent, rate * warmup);
        if (ages.Count == 0)
            throw new BenchException("No notification came.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sent.Length / took.TotalSeconds:N0} messages/s to {receivers.Length:N0} absent users, {fcm.Received.Count:N0} notifications; age of {ages.Count:N0}: p50 {At(0.5):N0} ms, p99 {At(0.99):N0} ms, longest {ages[^1]:N0} ms"));
        return fcm.Refused.Count == 0 ? 0 : 1;

        async Task SendAsync(string sender, int lane)
        {
            for (var n = lane; n < sent.Length; n += Senders)
            {
                var due = TimeSpan.FromSeconds((double)n / rate) - Stopwatch.GetElapsedTime(started);
                if (due > TimeSpan.Zero)
                    await Task.Delay(due, ct);
                sent[n] = TimeProvider.System.GetUtcNow();
                await CallAsync(http, HttpMethod.Post, "/v1/messages", server.Accounts.TokenOf(sender),
                    $$"""{"to":"@{{receivers[n % receivers.Length]}}","text":"{{n}}","clientMsgId":"{{Guid.CreateVersion7()}}"}""", ct);
            }
        }

        double At(double share) => ages[(int)(share * (ages.Count - 1))];
    }

    /// <summary>The age of each notification in ms, ascending: its message's, as a later one that it tells of is younger.</summary>
    private static List<double> Ages(FakeFcm fcm, DateTimeOffset[] sent, int from) =>
        [.. fcm.Received.Select(one => (one.At, Number: int.Parse(one["body"]!, CultureInfo.InvariantCulture))).Where(one => one.Number >= from)
            .Select(one => (one.At - sent[one.Number]).TotalMilliseconds).Order()];

    // Of a conversation the newest message is told for all before it.
    private static async Task WaitAsync(FakeFcm fcm, int messages, CancellationToken ct)
    {
        var last = (messages - 1).ToString(CultureInfo.InvariantCulture);
        for (var waited = Stopwatch.StartNew(); !fcm.Received.Any(one => one["body"] == last); await Task.Delay(100, ct))
        {
            if (waited.Elapsed > Patience)
                throw new BenchException($"The last message was not told; {fcm.Received.Count} notifications came.");
        }
    }

    private static async Task CallAsync(HttpClient http, HttpMethod method, string path, string? token, string json, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await http.SendAsync(request, ct);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Serialization;
using Chat.Bench.Servers;

namespace Chat.Bench.Attacks;

/// <summary>
/// Many messages at once while the disk takes no sync: <c>strace</c> holds each of the host's for a while. Then all that had no ack is sent again.
/// </summary>
internal static class AppendsHeld
{
    private const int Senders = 20;
    private const int RetriesAtATime = 100;

    private static readonly TimeSpan Ready = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var host = arguments.Text("--host") ?? Server.DefaultHost;
        var requests = arguments.Int("--requests", 9_000);
        var seconds = arguments.Int("--hold-seconds", 40);
        var heapMiB = arguments.Int("--heap-mib", 1_024);
        var text = new string('x', arguments.Int("--text-bytes", 16_384));
        arguments.RefuseUnknown();

        await using var server = await Server.StartHostAsync(host, ct, configure: start =>
            start.Environment["DOTNET_GCHeapHardLimit"] = string.Create(CultureInfo.InvariantCulture, $"0x{(long)heapMiB << 20:x}"));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = requests }) { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(5) };
        var senders = Enumerable.Range(0, Senders).Select(n => $"sender{n}").ToArray();
        await server.Accounts.RegisterAsync(senders, ct);
        var before = server.Meter!.Read().RssBytes;

        using var disk = Process.Start(new ProcessStartInfo("strace",
            ["-f", "-qq", "-o", "/dev/null", "-p", $"{server.ProcessId}", "-e", "trace=fsync,fdatasync",
                "-e", $"inject=fsync,fdatasync:delay_enter={seconds}s"])) ?? throw new BenchException("strace does not start.");
        await Task.Delay(TimeSpan.FromSeconds(2), ct);
        var held = Stopwatch.StartNew();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var watch = WatchAsync(server, http, watching.Token);
        var answers = await Task.WhenAll(Enumerable.Range(0, requests).Select(n => SendAsync(n)));
        var answered = held.Elapsed;
        // A second signal would cut it off in the middle of letting go.
        Posix.SendTerm(disk.Id);
        await disk.WaitForExitAsync(ct);
        await Task.WhenAny(Task.Delay(Ready, ct), UntilReadyAsync());
        await watching.CancelAsync();
        var (most, notReady) = await watch;

        var acked = answers.Count(IsAck);
        var again = Enumerable.Range(0, requests).Where(n => !IsAck(answers[n])).ToList();
        var after = new List<int>();
        await Parallel.ForEachAsync(again, new ParallelOptions { MaxDegreeOfParallelism = RetriesAtATime, CancellationToken = ct }, async (n, _) =>
        {
            var answer = await SendAsync(n);
            lock (after)
                after.Add(answer.Status);
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{requests} messages of {text.Length} bytes while syncs took {seconds} s; GC limit {heapMiB} MiB"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"answers: {string.Join(", ", answers.GroupBy(answer => answer.Status).Select(same =>
            $"{same.Count()} x {(same.Key == 0 ? "none" : same.Key)} (median {Median([.. same.Select(answer => answer.After)]):N1} s)"))}; all after {answered.TotalSeconds:N1} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resident: {before >> 20} MiB before, {most >> 20} MiB at most; not ready for {notReady:N0} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sent again: {after.Count}, of which {after.Count(status => status is 200 or 201)} acked; {acked} had been; the host {(server.IsRunning ? "runs on" : "has died")}"));
        return server.IsRunning && after.TrueForAll(status => status is 200 or 201) ? 0 : 1;

        async Task<(int Status, double After)> SendAsync(int n)
        {
            var started = Stopwatch.StartNew();
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
                {
                    Content = JsonContent.Create(new Message("@receiver", text, $"{n}"), AppendsHeldJson.Default.Message),
                };
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Accounts.TokenOf(senders[n % Senders]));
                using var response = await http.SendAsync(request, ct);
                return ((int)response.StatusCode, started.Elapsed.TotalSeconds);
            }
            catch (HttpRequestException)
            {
                return (0, started.Elapsed.TotalSeconds);
            }
        }

        async Task UntilReadyAsync()
        {
            while (await StatusAsync(http, ct) is not HttpStatusCode.OK)
                await Task.Delay(100, ct);
        }
    }

    private static bool IsAck((int Status, double After) answer) => answer.Status is 200 or 201;

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    /// <summary>The most memory that was resident, and for how many seconds the host was not ready.</summary>
    private static async Task<(long Most, double NotReady)> WatchAsync(Server server, HttpClient http, CancellationToken ct)
    {
        var (most, notReady) = (0L, 0.0);
        try
        {
            for (var last = Stopwatch.StartNew(); ; last.Restart())
            {
                await Task.Delay(250, ct);
                if (server.IsRunning)
                    most = Math.Max(most, server.Meter!.Read().RssBytes);
                if (await StatusAsync(http, ct) is not HttpStatusCode.OK)
                    notReady += last.Elapsed.TotalSeconds;
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return (most, notReady);
        }
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, CancellationToken ct)
    {
        try
        {
            using var response = await http.GetAsync("/health/ready", ct);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    internal sealed record Message(string To, string Text, string ClientMsgId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AppendsHeld.Message))]
internal sealed partial class AppendsHeldJson : JsonSerializerContext;

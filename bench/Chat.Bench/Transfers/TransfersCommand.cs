using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Chat.Bench.Servers;

namespace Chat.Bench.Transfers;

/// <summary>
/// One file at a time up to a host on the folder store and down again, over loopback; with <c>--beside nginx</c> in turn with an nginx on the same disk.
/// </summary>
internal static class TransfersCommand
{
    private const string User = "bench-transfers";
    private const int PieceBytes = 256 * 1024;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var mebibytes = arguments.Int("--mib", 256);
        var runs = arguments.Int("--runs", 5);
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        var nginxProgram = arguments.Text("--beside") switch
        {
            null => null,
            "nginx" => arguments.Text("--nginx") ?? "nginx",
            _ => throw new ArgumentException("--beside is nginx."),
        };
        arguments.RefuseUnknown();

        await using var host = await Server.StartHostAsync(path, ct, configure: start =>
        {
            start.Environment["Media__MaxBytes"] = ((long)mebibytes << 20).ToString(CultureInfo.InvariantCulture);
            start.Environment["Media__QuotaBytes"] = ((long)mebibytes << 22).ToString(CultureInfo.InvariantCulture);
        });
        await host.Accounts.RegisterAsync([User], ct);
        await using var nginx = nginxProgram is null ? null : await NginxProcess.StartAsync(nginxProgram, ct);
        using var toHost = Client(host.Url);
        toHost.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Accounts.TokenOf(User));
        using var toNginx = nginx is null ? null : Client(nginx.Url);

        List<Transfer> measured = [];
        List<Transfer> yardstick = [];
        // The first turn warms up, and shows that the bytes come back.
        for (var run = 0; run <= runs; run++)
        {
            using var file = new TestFile(mebibytes);
            if (nginx is not null)
                Keep(run, yardstick, await TransferAsync(toNginx!, file, mebibytes, nginx.Meter, PutAsync, verifies: run == 0, ct));
            using var again = new TestFile(mebibytes);
            Keep(run, measured, await TransferAsync(toHost, again, mebibytes, host.Meter!, PostAsync, verifies: run == 0, ct));
        }

        Console.WriteLine($"medians of {runs} runs: a file of {mebibytes} MiB");
        var medians = new Medians<Transfer>(measured, yardstick);
        medians.PrintHead("host", "nginx");
        medians.PrintRow("upload, MB/s", transfer => transfer.Up.MegabytesPerSecond);
        medians.PrintRow("download, MB/s", transfer => transfer.Down.MegabytesPerSecond);
        medians.PrintRow("upload, server CPU a MB, ms", transfer => transfer.Up.CpuMillisecondsPerMegabyte);
        medians.PrintRow("download, server CPU a MB, ms", transfer => transfer.Down.CpuMillisecondsPerMegabyte);
        medians.PrintRow("resident after upload, MiB", transfer => transfer.Up.RssBytes / 1048576.0);
        medians.PrintRow("resident after download, MiB", transfer => transfer.Down.RssBytes / 1048576.0);
        return 0;
    }

    private static void Keep(int run, List<Transfer> kept, Transfer transfer)
    {
        if (run > 0)
            kept.Add(transfer);
    }

    private static HttpClient Client(Uri url) => new() { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };

    private static async Task<Transfer> TransferAsync(
        HttpClient http, TestFile file, int mebibytes, ProcessMeter meter, Func<HttpClient, TestFile, CancellationToken, Task<string>> upload, bool verifies, CancellationToken ct)
    {
        var hash = verifies ? file.Hash() : null;
        var path = "";
        var up = await MeasureAsync(async () => path = await upload(http, file, ct), mebibytes, meter);
        var down = await MeasureAsync(() => DownloadAsync(http, path, (long)mebibytes << 20, hash, ct), mebibytes, meter);
        using var removed = await http.DeleteAsync(path, ct);
        if (!removed.IsSuccessStatusCode)
            throw new BenchException($"{http.BaseAddress}{path} was not removed: {(int)removed.StatusCode}.");
        return new Transfer(up, down);
    }

    private static async Task<Way> MeasureAsync(Func<Task> move, int mebibytes, ProcessMeter meter)
    {
        var (before, started) = (meter.Read(), Stopwatch.GetTimestamp());
        await move();
        var (seconds, after) = (Stopwatch.GetElapsedTime(started).TotalSeconds, meter.Read());
        var megabytes = mebibytes * 1.048576;
        return new Way(megabytes / seconds, (after.Cpu - before.Cpu).TotalMilliseconds / megabytes, after.RssBytes);
    }

    private static async Task<string> PostAsync(HttpClient http, TestFile file, CancellationToken ct)
    {
        using var answer = await http.PostAsync("/v1/media/upload", file, ct);
        var body = await answer.Content.ReadAsStringAsync(ct);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"The host did not take the file: {(int)answer.StatusCode} {body}");
        using var json = JsonDocument.Parse(body);
        return $"/v1/media/{json.RootElement.GetProperty("mediaId").GetString()}";
    }

    private static async Task<string> PutAsync(HttpClient http, TestFile file, CancellationToken ct)
    {
        using var answer = await http.PutAsync("/file", file, ct);
        return answer.IsSuccessStatusCode ? "/file" : throw new BenchException($"nginx did not take the file: {(int)answer.StatusCode}.");
    }

    private static async Task DownloadAsync(HttpClient http, string path, long length, byte[]? hash, CancellationToken ct)
    {
        using var answer = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"{http.BaseAddress}{path} is not served: {(int)answer.StatusCode}.");
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        using var sum = hash is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[PieceBytes];
        var total = 0L;
        while (await body.ReadAsync(piece, ct) is > 0 and var read)
        {
            sum?.AppendData(piece.AsSpan(0, read));
            total += read;
        }
        if (total != length || (sum is not null && !sum.GetHashAndReset().AsSpan().SequenceEqual(hash)))
            throw new BenchException($"{http.BaseAddress}{path} has other bytes than were sent.");
    }

    private sealed record Transfer(Way Up, Way Down);

    /// <param name="MegabytesPerSecond">Of 1,000,000 bytes.</param>
    /// <param name="CpuMillisecondsPerMegabyte">Of the server.</param>
    /// <param name="RssBytes">Of the server, at the end.</param>
    private sealed record Way(double MegabytesPerSecond, double CpuMillisecondsPerMegabyte, long RssBytes);
}

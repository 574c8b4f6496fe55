using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Chat.Bench.Servers;

namespace Chat.Bench.Attacks;

/// <summary>
/// One account writes to very many invented ids from twenty devices, and then reads its list of conversations from all of them as fast as it is
/// answered. What is refused, what does a list cost, and how long do others wait meanwhile?
/// </summary>
internal static class ListAttack
{
    private const string Attacker = "bench-list-attacker";
    private const string Bystander = "bench-list-bystander";
    private const string Password = "a password for load only";
    private const int Devices = 20;
    private const int ListsAtOnce = 160;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var ids = arguments.Int("--ids", 20_000);
        var seconds = arguments.Int("--seconds", 20);
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        arguments.RefuseUnknown();
        await using var server = await Server.StartHostAsync(path, ct, configure: start =>
        {
            // The limits as shipped: what is measured is what one account may do, not how fast accounts are made.
            start.Environment.Remove("RateLimits__Enabled");
            start.Environment.Remove("Messaging__MaxDirectConversations");
            start.Environment["RateLimits__RegistrationsPerMinute"] = "100000";
            start.Environment["RateLimits__LoginsPerMinute"] = "100000";
        });
        using var http = server.NewHttpClient();
        var devices = new List<string>();
        for (var n = 0; n < Devices; n++)
            devices.Add(await LogInAsync(http, Attacker, $"device{n}", ct));
        var bystander = await LogInAsync(http, Bystander, "phone", ct);

        var started = Stopwatch.GetTimestamp();
        var (written, refused) = await WriteAsync(http, devices, ids, ct);
        Console.WriteLine($"writing to {ids:N0} invented ids from {Devices} devices: {written:N0} taken, {refused:N0} refused, "
            + $"in {Stopwatch.GetElapsedTime(started).TotalSeconds:N1} s");

        // One list alone, and what it costs.
        var before = server.Meter!.Read().Cpu;
        var single = await ListAsync(http, devices[0], ct);
        Console.WriteLine($"one list: {(int)single.Status}, {single.Took.TotalMilliseconds:N0} ms, {(server.Meter.Read().Cpu - before).TotalMilliseconds:N0} ms of CPU");

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ended.CancelAfter(TimeSpan.FromSeconds(seconds));
        before = server.Meter.Read().Cpu;
        var lists = Enumerable.Range(0, ListsAtOnce).Select(n => ListAllTheTimeAsync(http, devices[n % Devices], ended.Token)).ToList();
        var waits = new List<double>();
        while (!ended.IsCancellationRequested)
        {
            waits.Add((await ListAsync(http, bystander, ct)).Took.TotalMilliseconds);
            await Task.Delay(500, ct);
        }
        var all = await Task.WhenAll(lists);
        Console.WriteLine($"{ListsAtOnce} lists at once for {seconds} s: {all.Sum(one => one.Answered):N0} answered, {all.Sum(one => one.Refused):N0} refused, "
            + $"{(server.Meter.Read().Cpu - before).TotalSeconds:N1} s of CPU; another user's list took {waits.Order().ElementAt(waits.Count / 2):N0} ms, {waits.Max():N0} ms at most");
        return 0;
    }

    private static async Task<(int Written, int Refused)> WriteAsync(HttpClient http, List<string> devices, int ids, CancellationToken ct)
    {
        var (next, written, refused) = (0, 0, 0);
        await Parallel.ForEachAsync(devices, new ParallelOptions { MaxDegreeOfParallelism = Devices, CancellationToken = ct }, async (token, stop) =>
        {
            while (Interlocked.Increment(ref next) is var n && n <= ids)
            {
                var body = string.Create(CultureInfo.InvariantCulture, $$"""{"to":"@bench-nobody-{{n}}","text":"hello","clientMsgId":"fill-{{n}}"}""");
                using var request = Request(HttpMethod.Post, "/v1/messages", token);
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                using var answer = await http.SendAsync(request, stop);
                if (answer.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref written);
                    continue;
                }
                Interlocked.Increment(ref refused);
                // A device's own rate is kept to: that of the user is what is tried.
                await Task.Delay(20, stop);
            }
        });
        return (written, refused);
    }

    private static async Task<(int Answered, int Refused)> ListAllTheTimeAsync(HttpClient http, string token, CancellationToken ct)
    {
        var (answered, refused) = (0, 0);
        try
        {
            while (!ct.IsCancellationRequested)
            {
                if ((await ListAsync(http, token, ct)).Status == HttpStatusCode.OK)
                {
                    answered++;
                    continue;
                }
                refused++;
                await Task.Delay(100, ct);
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
        return (answered, refused);
    }

    private static async Task<(HttpStatusCode Status, TimeSpan Took)> ListAsync(HttpClient http, string token, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = Request(HttpMethod.Get, "/v1/conversations?limit=1", token);
        using var answer = await http.SendAsync(request, ct);
        return (answer.StatusCode, Stopwatch.GetElapsedTime(started));
    }

    private static async Task<string> LogInAsync(HttpClient http, string user, string device, CancellationToken ct)
    {
        var credentials = new Credentials(user, Password, device);
        using var registered = await http.PostAsJsonAsync("/v1/auth/register", credentials, AccountsJson.Default.Credentials, ct);
        using var answer = registered.StatusCode == HttpStatusCode.Conflict
            ? await http.PostAsJsonAsync("/v1/auth/login", credentials, AccountsJson.Default.Credentials, ct)
            : registered;
        using var tokens = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
        return tokens.RootElement.GetProperty("accessToken").GetString()!;
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string token)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", token);
        return request;
    }
}

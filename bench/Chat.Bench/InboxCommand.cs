using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Chat.Bench.Servers;
using Chat.Bench.Wire;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Bench;

/// <summary>
/// What a connect and the first page of the list cost a user with few and with very many conversations, of which three have news: time, and on a
/// cluster the requests to its database.
/// </summary>
internal static class InboxCommand
{
    private const int News = 3;
    private const int PageSize = 50;
    private const int SendsAtOnce = 8;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var sizes = (arguments.Text("--conversations") ?? "10,500,5000").Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture)).ToArray();
        var runs = arguments.Int("--runs", 5);
        var path = arguments.Text("--host") ?? Server.DefaultHost;
        var cql = arguments.Text("--cql");
        var groups = arguments.Int("--groups", 0, min: 0);
        arguments.RefuseUnknown();
        var keyspace = $"chat_inbox_{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        using var key = new SigningKeyFile();
        await using var server = await Server.StartHostAsync(path, ct, configure: start =>
        {
            if (cql is null)
                return;
            start.Environment["Cql__ContactPoints"] = cql;
            start.Environment["Cql__ReplicationFactor"] = "1";
            start.Environment["Cql__Keyspace"] = keyspace;
            start.Environment["Auth__SigningKeyFile"] = key.Path;
            start.Environment["Media__Folder"] = $"{key.Path}.media";
        });
        using var http = server.NewHttpClient();
        Console.WriteLine($"{(cql is null ? "embedded" : "cluster")}, medians of {runs}; {News} conversations have news; {groups} groups");
        await using var cluster = cql is null
            ? null
            : await ClusterLog.OpenAsync(new CqlOptions { ContactPoints = cql, Keyspace = keyspace, ReplicationFactor = 1, RequestTimeoutMs = 60_000 }, ct);
        foreach (var size in sizes)
            await MeasureAsync(server, http, cluster, size, groups, runs, ct);
        if (cluster is not null)
            await cluster.Session.ExecuteAsync(new CqlStatement($"DROP KEYSPACE {keyspace}"), ct);
        return 0;
    }

    private static async Task MeasureAsync(Server server, HttpClient http, ClusterLog? cluster, int size, int groups, int runs, CancellationToken ct)
    {
        var user = $"bench-inbox-{size}";
        var writer = $"bench-inbox-{size}-writer";
        await server.Accounts.RegisterAsync([user, writer], ct);
        // The device is known before anything waits for it.
        await ConnectAsync(server, user, ct);
        if (cluster is not null)
            await InboxSeed.WriteAsync(cluster, UserId.Parse(user), [.. Enumerable.Range(0, size).Select(n => UserId.Parse(Partner(n)[1..]))], ct);
        else
        {
            await Parallel.ForAsync(0, size, new ParallelOptions { MaxDegreeOfParallelism = SendsAtOnce, CancellationToken = ct }, async (n, stop) =>
                await SendAsync(http, server.Accounts.TokenOf(user)!, Partner(n), stop));
        }
        await Parallel.ForAsync(0, groups, new ParallelOptions { MaxDegreeOfParallelism = SendsAtOnce, CancellationToken = ct }, async (n, stop) =>
            await SendAsync(http, server.Accounts.TokenOf(writer)!, await Groups.MakeAsync(server, writer, [user], stop), stop));
        // What is there it gets once and acks, then it has everything; the next connect is the first that finds that so.
        await ConnectAsync(server, user, ct);
        await ConnectAsync(server, user, ct);

        var (connects, lists) = (new List<Cost>(), new List<Cost>());
        var partners = Enumerable.Range(1, News).Select(n => Partner(size * n / (News + 1))).ToArray();
        await server.Accounts.RegisterAsync(partners.Select(partner => partner[1..]), ct);
        for (var run = 0; run < runs; run++)
        {
            foreach (var partner in partners)
                await SendAsync(http, server.Accounts.TokenOf(partner[1..])!, $"@{user}", ct);
            connects.Add(await CostAsync(server, async () =>
            {
                var received = await ConnectAsync(server, user, ct);
                if (received < News)
                    throw new BenchException($"{received} messages came instead of {News}.");
            }, ct));
            lists.Add(await CostAsync(server, () => ListAsync(http, server.Accounts.TokenOf(user)!, Math.Min(size + groups, PageSize), ct), ct));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{size,7:N0} conversations: connect {Median(connects, cost => cost.Ms):N1} ms, {Median(connects, cost => cost.Requests):N0} requests; first page {Median(lists, cost => cost.Ms):N1} ms, {Median(lists, cost => cost.Requests):N0} requests"));

        string Partner(int n) => $"@bench-inbox-{size}-{n}";
    }

    private static async Task<Cost> CostAsync(Server server, Func<Task> action, CancellationToken ct)
    {
        var before = await RequestsAsync(server, ct);
        var started = Stopwatch.GetTimestamp();
        await action();
        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return new Cost(took, await RequestsAsync(server, ct) - before);
    }

    /// <summary>Until <c>caughtUp</c>, all acked. Returns how many messages came.</summary>
    private static async Task<int> ConnectAsync(Server server, string user, CancellationToken ct)
    {
        using var socket = await server.ConnectAsync(user, ct);
        var device = new Device(socket);
        var reading = socket.ReadAsync(device);
        await device.CaughtUp.WaitAsync(TimeSpan.FromMinutes(5), ct);
        // The server handles the close after the acks before it.
        socket.SendClose();
        await reading.WaitAsync(TimeSpan.FromMinutes(1), ct);
        return device.Received;
    }

    private static async Task ListAsync(HttpClient http, string token, int expected, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/conversations?limit={PageSize}");
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await http.SendAsync(request, ct);
        using var page = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(ct));
        if (page.RootElement.GetProperty("conversations").GetArrayLength() != expected)
            throw new BenchException("The page is not full.");
    }

    private static async Task SendAsync(HttpClient http, string token, string to, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages");
        request.Headers.Authorization = new("Bearer", token);
        request.Content = new StringContent($$"""{"to":"{{to}}","text":"hello","clientMsgId":"{{Guid.CreateVersion7()}}"}""", Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, ct);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<double> RequestsAsync(Server server, CancellationToken ct)
    {
        await Task.Delay(400, ct);
        return await server.MetricAsync("chat_cql_requests_seconds_count", ct);
    }

    private static double Median(List<Cost> costs, Func<Cost, double> figure) => costs.Select(figure).Order().ElementAt(costs.Count / 2);

    private readonly record struct Cost(double Ms, double Requests);

    /// <summary>Acks everything at once.</summary>
    private sealed class Device(WebSocketClient socket) : IFrameHandler
    {
        private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task CaughtUp => _caughtUp.Task;

        public int Received { get; private set; }

        public void OnFrame(ReadOnlySpan<byte> json)
        {
            using var frame = JsonDocument.Parse(json.ToArray());
            switch (frame.RootElement.GetProperty("type").GetString())
            {
                case "message":
                    Received++;
                    socket.Post(Encoding.UTF8.GetBytes(
                        $$"""{"type":"ack","messageId":"{{frame.RootElement.GetProperty("messageId").GetString()}}","status":"delivered"}"""));
                    break;
                case "caughtUp":
                    _caughtUp.TrySetResult();
                    break;
            }
        }
    }
}

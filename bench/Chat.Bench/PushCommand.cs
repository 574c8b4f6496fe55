using System.Diagnostics;
using System.Globalization;
using Chat.Bench.Load;
using Chat.Bench.Servers;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Delivery;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Bench;

/// <summary>Very many push notifications that are due, as after an hour without a platform: what they take of SQLite and of Redis, how fast they are claimed and settled, also where all are of one device, and what a restart costs.</summary>
internal static class PushCommand
{
    private const int AddedAtOnce = 1_000;
    private const PushKind Kind = PushKind.Fcm;

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var items = arguments.Int("--items", 1_000_000);
        var claims = arguments.Int("--claims", 50_000);
        var atOnce = arguments.Int("--claims-at-once", 128);
        var conversations = arguments.Int("--conversations", 10_000);
        var program = arguments.Text("--redis-server") ?? "redis-server";
        arguments.RefuseUnknown();

        var folder = Directory.CreateTempSubdirectory("chat-bench-").FullName;
        try
        {
            var file = Path.Combine(folder, "chat.db");
            using (var opened = new OpenSqlite(folder))
            {
                await MeasureAsync("SQLite", opened.Store, items, claims, atOnce, () => Task.FromResult(new FileInfo(file).Length + (File.Exists($"{file}-wal") ? new FileInfo($"{file}-wal").Length : 0)), ct);
                await MeasureOneAsync("SQLite", opened.Store, conversations, ct);
            }
            var started = Stopwatch.GetTimestamp();
            using var again = new OpenSqlite(folder);
            await again.Store.ClaimAsync(Kind, atOnce, Lease, ct);
            Print($"SQLite: opened again, and the first {atOnce} claimed, in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:N0} ms");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await using var redis = await RedisProcess.StartAsync(program);
        using var meters = new NoMeters();
        await using var client = new RedisClient(
            Options.Create(new RedisOptions { ConnectionString = redis.Address }), meters, TimeProvider.System, NullLoggerFactory.Instance);
        await client.StartingAsync(ct);
        var store = new RedisDueStore(client, PushTimes.Of(new PushOptions(), new DeliveryOptions(), hasOthers: true), TimeProvider.System);
        var before = (await redis.ReadAsync()).MemoryBytes;
        await MeasureAsync("Redis", store, items, claims, atOnce, async () => (long)((await redis.ReadAsync()).MemoryBytes - before), ct);
        await MeasureOneAsync("Redis", store, conversations, ct);
        await MeasureOneAsync("memory", new MemoryDueStore(TimeProvider.System), conversations, ct);
        return 0;
    }

    private static async Task MeasureAsync(string name, IDueStore store, int items, int claims, int atOnce, Func<Task<long>> size, CancellationToken ct)
    {
        var now = TimeProvider.System.GetUtcNow();
        var started = Stopwatch.GetTimestamp();
        foreach (var some in Enumerable.Range(0, items).Chunk(AddedAtOnce))
            await store.AddAsync(Kind, [.. some.Select(n => ItemOf(n, now))], ct);
        var took = Stopwatch.GetElapsedTime(started);
        Print($"{name}: {items:N0} added, {items / took.TotalSeconds:N0} /s; {await size() / (1024.0 * 1024):N0} MiB");

        using var latency = new Latency();
        started = Stopwatch.GetTimestamp();
        var done = 0;
        while (done < claims)
        {
            var began = Stopwatch.GetTimestamp();
            var claimed = await store.ClaimAsync(Kind, atOnce, Lease, ct);
            latency.Record(began, Stopwatch.GetTimestamp());
            if (claimed.Count == 0)
                break;
            await Task.WhenAll(claimed.Select(claim => store.SettleAsync(claim, new DueSettlement(claim.Items, TimeSpan.Zero, 0, null), ct)));
            done += claimed.Count;
        }
        took = Stopwatch.GetElapsedTime(started);
        var each = latency.Summarise();
        Print($"{name}: {done:N0} claimed and settled, {done / took.TotalSeconds:N0} /s; a claim of {atOnce}: p50 {each?.P50:N1} ms, p99 {each?.P99:N1} ms");
        started = Stopwatch.GetTimestamp();
        await store.SummariseAsync(Kind, ct);
        Print($"{name}: counted, and the oldest found, in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:N0} ms");
    }

    /// <summary>One device with so many conversations, in a queue of its own: claimed and settled until nothing is left.</summary>
    private static async Task MeasureOneAsync(string name, IDueStore store, int conversations, CancellationToken ct)
    {
        var now = TimeProvider.System.GetUtcNow();
        var device = new DeviceAddress(UserId.Parse("ann"), DeviceId.Parse("phone"));
        foreach (var some in Enumerable.Range(0, conversations).Chunk(AddedAtOnce))
        {
            await store.AddAsync(PushKind.Apns, [.. some.Select(n => new DueItem(
                device, ConversationId.Direct(device.User, UserId.Parse($"user{n:D7}")), new SeqNo(42), now.AddSeconds(-(n * 7_919L) % 3_600)))], ct);
        }
        var (started, claims, done) = (Stopwatch.GetTimestamp(), 0, 0);
        while (await store.ClaimAsync(PushKind.Apns, 1, Lease, ct) is [var claim])
        {
            await store.SettleAsync(claim, new DueSettlement(claim.Items, TimeSpan.Zero, 0, null), ct);
            (claims, done) = (claims + 1, done + claim.Items.Count);
        }
        var took = Stopwatch.GetElapsedTime(started);
        Print($"{name}: {done:N0} conversations of one device, claimed and settled in {claims:N0} times {took.TotalMilliseconds / Math.Max(1, claims):N2} ms");
    }

    private static DueItem ItemOf(int number, DateTimeOffset now)
    {
        var user = UserId.Parse($"user{number:D7}");
        return new DueItem(
            new DeviceAddress(user, DeviceId.Parse("phone")), ConversationId.Direct(user, UserId.Parse("zoe")), new SeqNo(42), now.AddSeconds(-number % 3_600));
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class OpenSqlite : IDisposable
    {
        private readonly NoMeters _meters = new();
        private readonly DataDirectory _directory;
        private readonly SqliteDatabase _database;

        public OpenSqlite(string folder)
        {
            var options = Options.Create(new StorageOptions { DataDirectory = folder });
            _directory = new DataDirectory(options);
            _database = new SqliteDatabase(
                _directory, [new SqliteMigrations("delivery", typeof(DeliveryModule).Assembly)], options, _meters, TimeProvider.System);
            Store = new SqliteDueStore(_database, TimeProvider.System);
        }

        public SqliteDueStore Store { get; }

        public void Dispose()
        {
            _database.Dispose();
            _directory.Dispose();
            _meters.Dispose();
        }
    }
}

using System.Globalization;
using System.Text;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Redis;
using StackExchange.Redis;

namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>The queues in Redis, by Redis's clock, in shards by device.</summary>
/// <remarks>
/// Keys, each with a life: <c>{push:(shard)}:(platform):queue</c>, <c>:since</c>, <c>:claims</c>, <c>:failed</c>, and <c>:d:(user)/(device)</c> for each device that has something due,
/// with <c>:o:(user)/(device)</c> where that is much; <c>{push:(shard)}:whole</c>, and <c>{push:0}:rebuild</c>. What they hold is said in the scripts.
/// </remarks>
internal sealed class RedisDueStore(RedisClient redis, PushTimes times, TimeProvider clock) : IDueStore
{
    private const string Purpose = "push";
    private const int Shards = 4;
    private const int CallsAtOnce = 32;

    private static readonly RedisScript Add = Script("add-due.lua");
    private static readonly RedisScript Claim = Script("claim-due.lua");
    private static readonly RedisScript Read = Script("read-due.lua");
    private static readonly RedisScript Settle = Script("settle-due.lua");
    private static readonly RedisScript Summarise = Script("summarise-due.lua");
    private static readonly RedisScript IsWhole = Script("is-whole.lua");
    private static readonly RedisScript BeginRebuild = Script("begin-rebuild.lua");
    private static readonly RedisScript MarkWhole = Script("mark-whole.lua");

    // Longer than anything is tried.
    private readonly long _life = (long)(times.GiveUpAfter + TimeSpan.FromDays(1)).TotalMilliseconds;
    private readonly string _self = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");

    // Where the next claim begins to look, so that no shard is always last.
    private int _next;

    public Task AddAsync(PushKind kind, IReadOnlyCollection<DueItem> items, CancellationToken ct) => Parallel.ForEachAsync(
        items.GroupBy(item => item.Device), new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = ct },
        async (ofDevice, _) =>
        {
            RedisValue[] values = [
                ofDevice.Key.ToString(), _life,
                .. ofDevice.SelectMany(item => (RedisValue[])[item.Conversation.Value, item.UpTo.Value, item.Since.ToUnixTimeMilliseconds()])];
            await redis.RunAsync(Add, KeysOf(kind, ofDevice.Key), values, WholeOf(ShardOf(ofDevice.Key)));
        });

    public async Task<IReadOnlyList<DueClaim>> ClaimAsync(PushKind kind, int maxDevices, TimeSpan lease, CancellationToken ct)
    {
        var claims = new List<DueClaim>();
        StoreUnavailableException? fault = null;
        var first = Interlocked.Increment(ref _next);
        for (var n = 0; n < Shards && claims.Count < maxDevices; n++)
        {
            try
            {
                await ClaimAsync(kind, (int)((uint)(first + n) % Shards), maxDevices - claims.Count, lease, claims, ct);
            }
            catch (StoreUnavailableException e)
            {
                // Of a Redis Cluster one server may be away: what the others have is not held up, and what was claimed is not lost.
                fault = e;
            }
        }
        return claims.Count > 0 || fault is null ? claims : throw fault;
    }

    private async Task ClaimAsync(PushKind kind, int shard, int maxDevices, TimeSpan lease, List<DueClaim> claims, CancellationToken ct)
    {
        var (queue, _, taken, failed) = KeysOf(kind, shard);
        var token = Guid.CreateVersion7(clock.GetUtcNow());
        var result = await redis.RunAsync(Claim, [queue, taken, failed], [maxDevices, (long)lease.TotalMilliseconds, token.ToString("N"), _life], WholeOf(shard));
        var devices = Enumerable.Range(0, result.Length / 2).Select(i => (Device: DeviceOf((string)result[2 * i]!), State: (string)result[(2 * i) + 1]!)).ToList();
        claims.AddRange(await Concurrently.SelectAsync(
            devices, CallsAtOnce, async (one, _) => ToClaim(kind, one.Device, token, one.State, await ReadAsync(kind, one.Device)), ct));
    }

    public Task SettleAsync(DueClaim claim, DueSettlement settlement, CancellationToken ct)
    {
        var failed = settlement.Attempts > 0 ? string.Create(CultureInfo.InvariantCulture, $"{settlement.Attempts} {settlement.Reason}") : "";
        return redis.RunAsync(
            Settle, KeysOf(claim.Kind, claim.Device),
            [
                claim.Device.ToString(), claim.Token.ToString("N"), (long)settlement.Pause.TotalMilliseconds, failed, _life,
                .. settlement.Done.SelectMany(item => (RedisValue[])[item.Conversation.Value, item.UpTo.Value]),
            ],
            WholeOf(ShardOf(claim.Device)));
    }

    public async Task<DueSummary> SummariseAsync(PushKind kind, CancellationToken ct)
    {
        var (devices, oldest) = (0L, long.MaxValue);
        for (var shard = 0; shard < Shards; shard++)
        {
            var (queue, since, _, _) = KeysOf(kind, shard);
            var result = await redis.RunAsync(Summarise, [queue, since], [], WholeOf(shard));
            devices += (long)result[0];
            if ((long)result[1] is > 0 and var lowest)
                oldest = Math.Min(oldest, lowest);
        }
        return new DueSummary(devices, oldest == long.MaxValue ? null : DateTimeOffset.FromUnixTimeMilliseconds(oldest));
    }

    public async Task<Rebuild> TryRebuildAsync(TimeSpan lease, CancellationToken ct)
    {
        var isWhole = true;
        for (var shard = 0; shard < Shards; shard++)
            isWhole &= (long)await redis.RunAsync(IsWhole, [WholeOf(shard)], [_life], WholeOf(shard)) == 1;
        if (isWhole)
            return Rebuild.None;
        return (long)await redis.RunAsync(BeginRebuild, [RebuildKey], [_self, (long)lease.TotalMilliseconds], WholeOf(0)) switch
        {
            1 => Rebuild.Begun,
            2 => Rebuild.Continued,
            _ => Rebuild.None,
        };
    }

    // The shard that says who has looked again is the last: if it has lost that, not all is whole.
    public async Task MarkWholeAsync(CancellationToken ct)
    {
        for (var shard = Shards - 1; shard >= 0; shard--)
            await redis.RunAsync(MarkWhole, shard == 0 ? [WholeOf(shard), RebuildKey] : [WholeOf(shard)], [_life, _self], WholeOf(shard));
    }

    private RedisKey RebuildKey => redis.KeyOf("{push:0}:rebuild");

    private Task<RedisResult> ReadAsync(PushKind kind, DeviceAddress device) =>
        redis.RunAsync(Read, [ItemsOf(kind, device), OrderOf(kind, device)], [IDueStore.MaxItems, _life], WholeOf(ShardOf(device)));

    private static RedisScript Script(string file) => new(Purpose, typeof(RedisDueStore).Assembly, file);

    private static DueClaim ToClaim(PushKind kind, DeviceAddress device, Guid token, string state, RedisResult items)
    {
        var found = new List<DueItem>(items.Length / 2);
        for (var i = 0; i + 1 < items.Length; i += 2)
        {
            var parts = ((string)items[i + 1]!).Split(' ');
            found.Add(new DueItem(
                device, ConversationId.Parse((string)items[i]!), new SeqNo(long.Parse(parts[0], CultureInfo.InvariantCulture)),
                DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[1], CultureInfo.InvariantCulture))));
        }
        var blank = state.IndexOf(' ', StringComparison.Ordinal);
        return new DueClaim(
            kind, device, token, [.. found.OrderBy(item => item.Since).ThenBy(item => item.Conversation.Value, StringComparer.Ordinal)],
            blank < 0 ? 0 : int.Parse(state.AsSpan(0, blank), CultureInfo.InvariantCulture), blank < 0 ? null : state[(blank + 1)..]);
    }

    // Neither id has a slash.
    private static DeviceAddress DeviceOf(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return new DeviceAddress(UserId.Parse(text[..slash]), DeviceId.Parse(text[(slash + 1)..]));
    }

    // The same on every server and in every run.
    private static int ShardOf(DeviceAddress device)
    {
        var hash = 2_166_136_261;
        foreach (var letter in Encoding.ASCII.GetBytes(device.ToString()))
            hash = (hash ^ letter) * 16_777_619;
        return (int)(hash % Shards);
    }

    private RedisKey[] KeysOf(PushKind kind, DeviceAddress device)
    {
        var (queue, since, claims, failed) = KeysOf(kind, ShardOf(device));
        return [queue, since, claims, failed, ItemsOf(kind, device), OrderOf(kind, device)];
    }

    private (RedisKey Queue, RedisKey Since, RedisKey Claims, RedisKey Failed) KeysOf(PushKind kind, int shard)
    {
        var prefix = $"{{push:{shard}}}:{kind.Name()}";
        return (redis.KeyOf($"{prefix}:queue"), redis.KeyOf($"{prefix}:since"), redis.KeyOf($"{prefix}:claims"), redis.KeyOf($"{prefix}:failed"));
    }

    private RedisKey ItemsOf(PushKind kind, DeviceAddress device) => redis.KeyOf($"{{push:{ShardOf(device)}}}:{kind.Name()}:d:{device}");

    private RedisKey OrderOf(PushKind kind, DeviceAddress device) => redis.KeyOf($"{{push:{ShardOf(device)}}}:{kind.Name()}:o:{device}");

    private RedisKey WholeOf(int shard) => redis.KeyOf($"{{push:{shard}}}:whole");
}

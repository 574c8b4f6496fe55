using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.Nodes;

/// <summary>What Redis and the database use over a load's measured window.</summary>
/// <param name="database">Null: not measured. What others do on a shared one is counted too.</param>
internal sealed class ClusterMeter(RedisProcess redis, ProcessMeter? database) : ILoadWindow
{
    private IReadOnlyDictionary<string, double> callsBefore = new Dictionary<string, double>();
    private RedisUsage redisBefore;
    private TimeSpan databaseBefore;

    public RedisUsage Redis { get; private set; }

    /// <summary>Commands by name, without those that were not used.</summary>
    public IReadOnlyDictionary<string, double> Calls { get; private set; } = new Dictionary<string, double>();

    public TimeSpan? DatabaseCpu { get; private set; }

    public async Task BeginAsync()
    {
        (callsBefore, redisBefore) = (await redis.ReadCallsAsync(), await redis.ReadAsync());
        databaseBefore = database?.Read().Cpu ?? TimeSpan.Zero;
    }

    public async Task EndAsync()
    {
        DatabaseCpu = database?.Read().Cpu - databaseBefore;
        Redis = await redis.ReadAsync() - redisBefore;
        Calls = (await redis.ReadCallsAsync()).Select(now => (now.Key, Calls: now.Value - callsBefore.GetValueOrDefault(now.Key)))
            .Where(command => command.Calls > 0).ToDictionary(command => command.Key, command => command.Calls);
    }
}

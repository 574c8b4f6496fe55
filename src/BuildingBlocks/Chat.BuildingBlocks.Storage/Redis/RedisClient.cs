using System.Diagnostics.Metrics;
using System.Security.Authentication;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>
/// The server's connection to Redis, from its start to its end. Redis may be away, or begin with nothing, at any moment: commands then fail, and the
/// connection comes back by itself. No command is kept for later, since what it says would be old by then.
/// </summary>
public sealed class RedisClient : IHostedLifecycleService, IAsyncDisposable
{
    // A shard with one of a thousand slots is found.
    private const int MostTries = 10_000;

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly RedisOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<RedisClient> _log;
    private readonly RedisHealth _health;
    private readonly RedisMetrics _metrics;
    private readonly CancellationTokenSource _stopping = new();

    private Task _connecting = Task.CompletedTask;
    private volatile ConnectionMultiplexer? _connection;
    private volatile bool _isCluster;

    // True where the server has begun without Redis: nothing that is wrong with it ends the server then.
    private volatile bool _hasStarted;

    public RedisClient(IOptions<RedisOptions> options, IMeterFactory meters, TimeProvider clock, ILoggerFactory logs)
    {
        (_options, _clock, _log) = (options.Value, clock, logs.CreateLogger<RedisClient>());
        _health = new RedisHealth(clock, logs.CreateLogger<RedisHealth>());
        _metrics = new RedisMetrics(meters, _health, clock);
    }

    /// <summary>Whether the last command was answered.</summary>
    public bool IsUp => _health.IsUp;

    /// <summary>The connection itself, for a library that has its own commands. It comes back by itself, and stays the same.</summary>
    /// <exception cref="StoreUnavailableException">There was none since the start.</exception>
    public IConnectionMultiplexer Multiplexer => Connection;

    private ConnectionMultiplexer Connection => _connection ?? throw new StoreUnavailableException("Redis is not connected.");

    /// <summary>A key's name in full.</summary>
    /// <param name="name">In braces what a Redis Cluster places it by: <c>{nodes}</c>.</param>
    public RedisKey KeyOf(string name) => $"{_options.Prefix}:{name}";

    /// <summary>For each primary of a Redis Cluster a key that is placed on it; none where there is no Cluster.</summary>
    /// <param name="tag">What the hash tags begin with: <c>{tag:0}</c>, and so on.</param>
    /// <param name="name">What follows the hash tag.</param>
    /// <exception cref="StoreUnavailableException">There was no connection since the start.</exception>
    public IReadOnlyList<RedisKey> KeysOnAllShards(string tag, string name)
    {
        var connection = Connection;
        if (!_isCluster || connection.GetServers().FirstOrDefault(server => server.IsConnected)?.ClusterConfiguration is not { } cluster)
            return [];
        var without = cluster.Nodes.Where(node => !node.IsReplica && node.Slots.Count > 0).Select(node => node.EndPoint).ToHashSet();
        var keys = new List<RedisKey>(without.Count);
        for (var number = 0; without.Count > 0 && number < MostTries; number++)
        {
            var key = KeyOf($"{{{tag}:{number}}}:{name}");
            if (cluster.GetBySlot(connection.HashSlot(key)) is { } node && without.Remove(node.EndPoint))
                keys.Add(key);
        }
        return keys;
    }

    /// <summary>Runs a script at the primary.</summary>
    /// <exception cref="StoreUnavailableException">No answer in time, or a refusal. It may have run, and may still run.</exception>
    public async Task<RedisResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        var started = _metrics.Now;
        try
        {
            var result = await Connection.GetDatabase().ScriptEvaluateAsync(script.Text, keys, values, CommandFlags.DemandMaster);
            Answered(script.Purpose, started, RedisMetrics.SizeOf(keys, values), RedisMetrics.SizeOf(result));
            return result;
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Failed(script.Purpose, e);
        }
    }

    /// <summary>Sends a message to a channel's subscribers of this moment.</summary>
    /// <returns>How many there were.</returns>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public async Task<long> PublishAsync(string purpose, string channel, ReadOnlyMemory<byte> message)
    {
        var started = _metrics.Now;
        try
        {
            var receivers = await Connection.GetSubscriber().PublishAsync(ChannelOf(channel), message, CommandFlags.DemandMaster);
            Answered(purpose, started, message.Length, 0);
            return receivers;
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Failed(purpose, e);
        }
    }

    /// <summary>Subscribes, from the return on, until it is disposed of. What is sent while the connection is away never comes.</summary>
    /// <param name="purpose">Of the metrics.</param>
    /// <param name="channel">Without the prefix.</param>
    /// <param name="receive">Called for one message after the other, in their order; returns at once.</param>
    /// <exception cref="StoreUnavailableException">Redis did not answer in time: not subscribed.</exception>
    public async Task<IAsyncDisposable> SubscribeAsync(string purpose, string channel, Action<ReadOnlyMemory<byte>> receive)
    {
        ChannelMessageQueue? queue = null;
        try
        {
            queue = await Connection.GetSubscriber().SubscribeAsync(ChannelOf(channel), CommandFlags.DemandMaster);
            _health.Answered();
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Failed(purpose, e);
        }
        queue.OnMessage(message =>
        {
            ReadOnlyMemory<byte> bytes = message.Message;
            _metrics.Delivered(purpose, bytes.Length);
            try
            {
                receive(bytes);
            }
            catch (Exception e)
            {
                _log.ChannelSubscriberFailed(channel, e);
            }
        });
        return new RedisSubscription(queue);
    }

    /// <summary>Connects, and begins without Redis where it does not answer for <see cref="RedisOptions.StartTimeoutMs"/>.</summary>
    /// <exception cref="StorageException">Redis refuses the login, its certificate is not trusted, or it cannot be used as it is.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var settings = RedisConfiguration.Of(_options);
        if (settings is { Password.Length: > 0, Ssl: false })
            _log.RedisPasswordInTheClear();
        _connecting = ConnectAsync(settings, _stopping.Token);
        try
        {
            await _connecting.WaitAsync(TimeSpan.FromMilliseconds(_options.StartTimeoutMs), _clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            _hasStarted = true;
            _health.Failed($"It could not be reached within {_options.StartTimeoutMs} ms.");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ConnectAsync(ConfigurationOptions settings, CancellationToken ct)
    {
        var address = string.Join(',', settings.EndPoints.Select(endpoint => endpoint.ToString()));
        while (true)
        {
            try
            {
                _connection = await OpenAsync(settings, address);
                _health.Answered();
                return;
            }
            catch (Exception e) when (IsUnavailable(e) || (e is StorageException && _hasStarted))
            {
                _log.RedisNotConnected(address, e.Message);
            }
            await Task.Delay(TryAgainAfter, _clock, ct);
        }
    }

    private async Task<ConnectionMultiplexer> OpenAsync(ConfigurationOptions settings, string address)
    {
        ConnectionMultiplexer connection;
        try
        {
            connection = await ConnectionMultiplexer.ConnectAsync(settings);
        }
        catch (RedisConnectionException e) when (e.InnerException is AuthenticationException untrusted)
        {
            throw new StorageException($"The certificate of Redis at '{address}' is not trusted: {untrusted.Message} Is Redis:TlsAuthority the file of the authority that signed it?", e);
        }
        catch (RedisConnectionException e) when (e.FailureType is ConnectionFailureType.AuthenticationFailure)
        {
            throw new StorageException($"Redis at '{address}' refuses the login: {e.Message} Are user and password of Redis:ConnectionString right?", e);
        }
        try
        {
            await CheckAsync(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        connection.ConnectionRestored += (_, restored) => _ = CheckAgainAsync(connection, restored.ConnectionType);
        return connection;
    }

    private async Task CheckAsync(ConnectionMultiplexer connection)
    {
        var servers = connection.GetServers().Where(server => server is { IsConnected: true, ServerType: not ServerType.Sentinel }).ToList();
        _isCluster = servers.Exists(server => server.ServerType is ServerType.Cluster);
        foreach (var server in servers.Where(server => !server.IsReplica || servers.Count == 1))
        {
            var address = server.EndPoint.ToString()!;
            IReadOnlyDictionary<string, string> info;
            try
            {
                info = RedisReport.Parse(await server.InfoRawAsync());
            }
            catch (RedisServerException e)
            {
                throw new StorageException($"Redis at '{address}' refuses INFO: {e.Message} Grant the user what docs/operations.md lists.", e);
            }
            var check = RedisStartCheck.Of(info);
            if (check.Refusal is { } refusal)
                throw new StorageException($"Redis at '{address}' cannot be used: {refusal}");
            foreach (var finding in check.Findings)
                _log.RedisMisconfigured(address, finding);
            _log.RedisConnected(info["redis_version"], address);
        }
    }

    // It may be another Redis now.
    private async Task CheckAgainAsync(ConnectionMultiplexer connection, ConnectionType type)
    {
        if (type is not ConnectionType.Interactive)
            return;
        try
        {
            await CheckAsync(connection);
        }
        catch (Exception e) when (e is StorageException || IsUnavailable(e))
        {
            _log.RedisNotChecked(e.Message);
        }
    }

    private RedisChannel ChannelOf(string channel)
    {
        var name = $"{_options.Prefix}:{channel}";
        return _isCluster ? RedisChannel.Sharded(name) : RedisChannel.Literal(name);
    }

    private void Answered(string purpose, long started, long sent, long received)
    {
        _health.Answered();
        _metrics.Answered(purpose, started, sent, received);
    }

    private StoreUnavailableException Failed(string purpose, Exception e)
    {
        _metrics.Failed(purpose);
        _health.Failed(e.Message);
        return e as StoreUnavailableException ?? new StoreUnavailableException($"Redis did not do it: {e.Message}", e);
    }

    private static bool IsUnavailable(Exception e) =>
        e is RedisException or RedisTimeoutException or RedisCommandException or StoreUnavailableException or ObjectDisposedException or TaskCanceledException;

    private sealed class RedisSubscription(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await queue.UnsubscribeAsync();
            }
            catch (Exception e) when (IsUnavailable(e))
            {
                // The connection is gone, and the subscription with it.
            }
        }
    }
}

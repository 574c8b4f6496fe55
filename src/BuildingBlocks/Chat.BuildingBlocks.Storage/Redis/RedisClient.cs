using System.Diagnostics.Metrics;
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

    private const string Publish = "PUBLISH";
    private const string Subscribe = "SUBSCRIBE";

    private static readonly string[] EndsOfReason = ["; ", ", command=", " To allow this multiplexer"];

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private static readonly RedisScript RemoveWrongKey = new("repair", typeof(RedisClient).Assembly, "remove-wrong-key.lua");

    private readonly RedisOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<RedisClient> _log;
    private readonly RedisHealth _health;
    private readonly RedisRefusals _refusals;
    private readonly RedisMetrics _metrics;
    private readonly CancellationTokenSource _stopping = new();

    private Task _connecting = Task.CompletedTask;
    private RedisConnector? _connector;
    private volatile ConnectionMultiplexer? _connection;

    // True where the server has begun without Redis: nothing that is wrong with it ends the server then.
    private volatile bool _hasStarted;

    public RedisClient(IOptions<RedisOptions> options, IMeterFactory meters, TimeProvider clock, ILoggerFactory logs)
    {
        (_options, _clock, _log) = (options.Value, clock, logs.CreateLogger<RedisClient>());
        _health = new RedisHealth(clock, logs.CreateLogger<RedisHealth>());
        _refusals = new RedisRefusals(clock, logs.CreateLogger<RedisRefusals>());
        _metrics = new RedisMetrics(meters, () => _health.IsUp && !_refusals.Any, clock);
    }

    /// <summary>Whether the last command was answered, be it with a refusal.</summary>
    public bool IsUp => _health.IsUp;

    /// <summary>The connection itself, for a library that has its own commands. It comes back by itself, and stays the same.</summary>
    /// <exception cref="StoreUnavailableException">There was none since the start.</exception>
    public IConnectionMultiplexer Multiplexer => Connection;

    private bool IsCluster => _connector is { IsCluster: true };

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
        if (!IsCluster || connection.GetServers().FirstOrDefault(server => server.IsConnected)?.ClusterConfiguration is not { } cluster)
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

    /// <summary>A key of a wrong type was removed, and no witness says so to the other servers. Takes note and returns at once.</summary>
    public event Action? KeyRemoved;

    /// <summary>Runs a script at the primary. A key of a wrong type is removed first: all that is in Redis can be made again.</summary>
    /// <param name="script">Which.</param>
    /// <param name="keys">Its KEYS.</param>
    /// <param name="values">Its ARGV.</param>
    /// <param name="witness">A key of the same hash tag that says that all is there: removed with one of a wrong type.</param>
    /// <exception cref="StoreUnavailableException">No answer in time, or a refusal. It may have run, and may still run.</exception>
    public async Task<RedisResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, RedisKey? witness = null)
    {
        var started = _metrics.Now;
        try
        {
            var result = await EvaluateAsync(script, keys, values, witness);
            Answered(script.File, script.Purpose, started, RedisMetrics.SizeOf(keys, values), RedisMetrics.SizeOf(result));
            return result;
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Failed(script.File, script.Purpose, e, script, keys);
        }
    }

    /// <summary>Redis refused a command of a library that uses <see cref="Multiplexer"/>: said once.</summary>
    public void NoteRefusal(string operation, RedisServerException refused) => _refusals.Met(operation, _connector!.RefusalOf(refused.Message));

    /// <summary>Redis does what it refused.</summary>
    /// <param name="operation">As in <see cref="NoteRefusal"/>.</param>
    /// <param name="quiet">For how long it must not have refused any of it.</param>
    public void NoteDone(string operation, TimeSpan quiet) => _refusals.Done(operation, quiet);

    /// <summary>Sends a message to a channel's subscribers of this moment.</summary>
    /// <returns>How many there were.</returns>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public async Task<long> PublishAsync(string purpose, string channel, ReadOnlyMemory<byte> message)
    {
        var started = _metrics.Now;
        try
        {
            var receivers = await Connection.GetSubscriber().PublishAsync(ChannelOf(channel), message, CommandFlags.DemandMaster);
            Answered(Publish, purpose, started, message.Length, 0);
            return receivers;
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Failed(Publish, purpose, e);
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
            Answered(Subscribe);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Failed(Subscribe, purpose, e);
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

    /// <summary>Connects, and begins without Redis where it does not answer, or refuses the login, for <see cref="RedisOptions.StartTimeoutMs"/>.</summary>
    /// <exception cref="StorageException">Its certificate is not trusted, or it cannot be used as it is.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var settings = RedisConfiguration.Of(_options);
        if (settings is { Password.Length: > 0, Ssl: false })
            _log.RedisPasswordInTheClear();
        _connector = new RedisConnector(settings, _options.Prefix, new RedisHandshakes(), _refusals, _clock, _log);
        _connecting = ConnectAsync(_connector, _stopping.Token);
        try
        {
            await _connecting.WaitAsync(TimeSpan.FromMilliseconds(_options.StartTimeoutMs), _clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            _hasStarted = true;
            _health.Failed($"It could not be connected within {_options.StartTimeoutMs} ms.");
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

    private async Task ConnectAsync(RedisConnector connector, CancellationToken ct)
    {
        string? said = null;
        while (true)
        {
            try
            {
                _connection = await connector.OpenAsync();
                _health.Answered();
                return;
            }
            catch (Exception e) when (IsUnavailable(e) || (e is StorageException && _hasStarted))
            {
                // Of a refusal RedisRefusals has told.
                var reason = ReasonOf(e);
                if (e is not StoreUnavailableException && reason != said)
                    _log.RedisNotConnected(connector.Address, reason);
                said = reason;
            }
            await Task.Delay(TryAgainAfter, _clock, ct);
        }
    }

    private RedisChannel ChannelOf(string channel)
    {
        var name = $"{_options.Prefix}:{channel}";
        return IsCluster ? RedisChannel.Sharded(name) : RedisChannel.Literal(name);
    }

    private async Task<RedisResult> EvaluateAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, RedisKey? witness)
    {
        try
        {
            return await EvaluateAsync(script, keys, values);
        }
        catch (RedisServerException e) when (RedisWrongKey.Of(e.Message, script, keys) is { } wrong)
        {
            if (!await TryRemoveAsync(wrong, witness))
                throw;
        }
        return await EvaluateAsync(script, keys, values);
    }

    private Task<RedisResult> EvaluateAsync(RedisScript script, RedisKey[] keys, RedisValue[] values) =>
        Connection.GetDatabase().ScriptEvaluateAsync(script.Text, keys, values, CommandFlags.DemandMaster);

    private async Task<bool> TryRemoveAsync(RedisWrongKey wrong, RedisKey? witness)
    {
        try
        {
            if ((int)await EvaluateAsync(RemoveWrongKey, witness is { } also && also != wrong.Key ? [wrong.Key, also] : [wrong.Key], [wrong.Read]) == 1)
            {
                _log.WrongKeyRemoved(wrong.Key!, wrong.Type);
                if (witness is null)
                    KeyRemoved?.Invoke();
            }
            _refusals.Done(RemoveWrongKey.File);
            return true;
        }
        catch (RedisServerException e)
        {
            _refusals.Met(RemoveWrongKey.File, _connector!.RefusalOf(e.Message, RemoveWrongKey));
            return false;
        }
    }

    private void Answered(string operation, string purpose, long started, long sent, long received)
    {
        Answered(operation);
        _metrics.Answered(purpose, started, sent, received);
    }

    private void Answered(string operation)
    {
        _health.Answered();
        _refusals.Done(operation);
    }

    private StoreUnavailableException Failed(string operation, string purpose, Exception e, RedisScript? script = null, RedisKey[]? keys = null)
    {
        _metrics.Failed(purpose);
        if (e is RedisServerException refused)
        {
            _health.Answered();
            _refusals.Met(operation, _connector!.RefusalOf(refused.Message, script, script is null ? null : RedisWrongKey.Of(refused.Message, script, keys!)));
        }
        else
        {
            if (e is RedisConnectionException)
                _connector!.LookWhyLost();
            _health.Failed(ReasonOf(e));
        }
        return e as StoreUnavailableException ?? new StoreUnavailableException($"Redis did not do it: {ReasonOf(e)}", e);
    }

    internal static bool IsUnavailable(Exception e) =>
        e is RedisException or RedisTimeoutException or RedisCommandException or StoreUnavailableException or ObjectDisposedException or TaskCanceledException;

    /// <summary>What an exception says, without the client library's state and advice.</summary>
    internal static string ReasonOf(Exception e)
    {
        var end = EndsOfReason.Select(end => e.Message.IndexOf(end, StringComparison.Ordinal)).Where(at => at > 0).DefaultIfEmpty(e.Message.Length).Min();
        return e.Message[..end].TrimEnd('.') + ".";
    }

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

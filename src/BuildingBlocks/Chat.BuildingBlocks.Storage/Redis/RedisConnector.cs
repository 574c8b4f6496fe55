using System.Security.Authentication;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>Connects to Redis, looks whether it can be used, and looks again whenever the connection is back.</summary>
internal sealed class RedisConnector(ConfigurationOptions settings, string prefix, RedisHandshakes handshakes, RedisRefusals refusals, TimeProvider clock, ILogger log)
{
    private const string Connection = "the connection";

    // How often a refused connection may be tried only to learn why.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(5);

    private volatile bool _isCluster;
    private bool _isLooking;

    public string Address { get; } = string.Join(',', settings.EndPoints.Select(endpoint => endpoint.ToString()));

    public bool IsCluster => _isCluster;

    /// <exception cref="StorageException">Its certificate is not trusted, or it cannot be used as it is.</exception>
    /// <exception cref="StoreUnavailableException">It refuses the login, or a command that connecting needs.</exception>
    /// <exception cref="RedisConnectionException">It cannot be reached.</exception>
    public async Task<ConnectionMultiplexer> OpenAsync()
    {
        handshakes.Forget();
        settings.LoggerFactory = handshakes;
        ConnectionMultiplexer connection;
        try
        {
            connection = await ConnectionMultiplexer.ConnectAsync(settings);
        }
        catch (RedisConnectionException e) when (e.InnerException is AuthenticationException untrusted)
        {
            throw new StorageException($"The certificate of Redis at '{Address}' is not trusted: {untrusted.Message} Is Redis:TlsAuthority the file of the authority that signed it?", e);
        }
        catch (RedisConnectionException e) when (handshakes.Refused is not null)
        {
            refusals.Met(Connection, RefusalOf(handshakes.Refused));
            throw new StoreUnavailableException($"Redis at '{Address}' refuses the connection.", e);
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
        refusals.Done(Connection, TimeSpan.Zero);
        connection.ConnectionRestored += (_, restored) => _ = CheckAgainAsync(connection, restored.ConnectionType);
        return connection;
    }

    /// <summary>
    /// Finds out, in the background, whether a connection that does not come back is refused, by a connection of its own: the library says nothing of
    /// why it does not connect again.
    /// </summary>
    public void LookWhyLost()
    {
        if (Interlocked.Exchange(ref _isLooking, true))
            return;
        _ = LookWhyLostAsync();
    }

    public RedisRefusal RefusalOf(string answer, RedisScript? script = null, RedisWrongKey? wrong = null) => RedisRefusal.Of(answer, settings.User, prefix, script, wrong);

    private async Task LookWhyLostAsync()
    {
        handshakes.Forget();
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(settings);
        }
        catch (Exception e) when (RedisClient.IsUnavailable(e))
        {
            if (handshakes.Refused is { } refused)
                refusals.Met(Connection, RefusalOf(refused));
        }
        await Task.Delay(LookAgainAfter, clock);
        Volatile.Write(ref _isLooking, false);
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
                refusals.Met(Connection, RefusalOf(e.Message));
                throw new StoreUnavailableException($"Redis at '{address}' refuses INFO.", e);
            }
            var check = RedisStartCheck.Of(info);
            if (check.Refusal is { } refusal)
                throw new StorageException($"Redis at '{address}' cannot be used: {refusal}");
            foreach (var finding in check.Findings)
                log.RedisMisconfigured(address, finding);
            log.RedisConnected(info["redis_version"], address);
        }
    }

    // It may be another Redis now.
    private async Task CheckAgainAsync(ConnectionMultiplexer connection, ConnectionType type)
    {
        if (type is not ConnectionType.Interactive)
            return;
        handshakes.Forget();
        try
        {
            await CheckAsync(connection);
            refusals.Done(Connection, TimeSpan.Zero);
        }
        catch (Exception e) when (e is StorageException || RedisClient.IsUnavailable(e))
        {
            log.RedisNotChecked(RedisClient.ReasonOf(e));
        }
    }
}

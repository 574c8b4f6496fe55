using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>The client library's settings: the operator's connection string, and what this server needs to be so.</summary>
internal static class RedisConfiguration
{
    /// <exception cref="StorageException">The file of authorities cannot be read.</exception>
    public static ConfigurationOptions Of(RedisOptions options)
    {
        var settings = ConfigurationOptions.Parse(options.ConnectionString);
        settings.AbortOnConnectFail = true;
        // Only for INFO.
        settings.AllowAdmin = true;
        settings.ConnectTimeout = options.ConnectTimeoutMs;
        settings.AsyncTimeout = settings.SyncTimeout = options.CommandTimeoutMs;
        // Timeouts are looked for at each heartbeat.
        settings.HeartbeatInterval = TimeSpan.FromMilliseconds(Math.Clamp(options.CommandTimeoutMs / 4, 50, 1000));
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.ReconnectRetryPolicy = new LinearRetry(250);
        // Its own key and channel would be outside the prefix. The primary is found by its role; the channel has the connection for subscriptions opened at once.
        settings.TieBreaker = "";
        settings.ConfigurationChannel = $"{options.Prefix}:configuration";
        settings.ClientName ??= "chat";
        settings.Protocol ??= RedisProtocol.Resp3;
        if (options.TlsAuthority.Length > 0)
        {
            var authorities = ReadAuthorities(options.TlsAuthority);
            settings.SslClientAuthenticationOptions = host => Trusting(authorities, host);
        }
        return settings;
    }

    private static SslClientAuthenticationOptions Trusting(X509Certificate2Collection authorities, string host)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = policy };
    }

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StorageException($"The file '{file}' of Redis:TlsAuthority cannot be read: {e.Message}", e);
        }
    }
}

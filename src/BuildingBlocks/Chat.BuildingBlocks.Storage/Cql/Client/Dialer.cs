using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Opens connections: TCP, TLS, the protocol's version, the log-in, the keyspace.</summary>
internal sealed class Dialer(CqlOptions options, byte newest, TimeProvider clock, CqlMetrics metrics, ILogger log)
{
    private const int FirstEphemeralPort = 49_152;
    private const int ShardPortTries = 16;

    private readonly X509Certificate2Collection? _authorities = ReadAuthorities(options);

    // Falls once a node has refused v5; nodes of one cluster speak the same.
    private volatile byte _version = newest;

    /// <summary>A connection that is logged in and, with <paramref name="keyspace"/>, uses it.</summary>
    /// <param name="keyspace">Null: none is used.</param>
    /// <param name="shard">To which shard of those that <paramref name="sharding"/> knows of; it may come to another all the same.</param>
    /// <param name="sharding">Null, or what a first connection to the node has told.</param>
    /// <exception cref="IOException">The node is not there, does not answer in <see cref="CqlOptions.ConnectTimeoutMs"/>, or makes no sense.</exception>
    /// <exception cref="CqlException">The node refuses us.</exception>
    public async Task<Connection> OpenAsync(Endpoint endpoint, string? keyspace, int shard, Sharding? sharding, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.ConnectTimeoutMs), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            while (true)
            {
                var version = _version;
                var connection = await TryOpenAsync(endpoint, version, keyspace, shard, sharding, either.Token);
                if (connection is not null)
                    return connection;
                _version = (byte)(version - 1);
            }
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"No connection within {options.ConnectTimeoutMs} ms.", e);
        }
        catch (Exception e) when (e is SocketException or System.Security.Authentication.AuthenticationException or InvalidDataException)
        {
            throw new IOException(e.Message, e);
        }
    }

    // Null: the node does not speak that version.
    private async Task<Connection?> TryOpenAsync(Endpoint endpoint, byte version, string? keyspace, int shard, Sharding? sharding, CancellationToken ct)
    {
        var stream = await ConnectAsync(endpoint, shard, sharding, ct);
        var connection = new Connection(stream, ConnectionSettings.Of(options, endpoint.ToString(), clock, metrics, log), version, options.Compression);
        try
        {
            var handshake = new Handshake(connection, options, clock, ct);
            if (!await handshake.RunAsync(keyspace))
            {
                connection.Close("it does not speak this version");
                return null;
            }
            return connection;
        }
        catch
        {
            connection.Close("the handshake failed");
            throw;
        }
    }

    private async Task<Stream> ConnectAsync(Endpoint endpoint, int shard, Sharding? sharding, CancellationToken ct)
    {
        var shardPort = options.Tls ? sharding?.TlsPort : sharding?.Port;
        Socket? socket = null;
        if (shardPort > 0)
            socket = await TryConnectToShardAsync(new IPEndPoint(endpoint.Address.Address, shardPort.Value), shard, sharding!.Shards, ct);
        if (socket is null)
        {
            socket = NewSocket(endpoint.Address);
            try
            {
                await socket.ConnectAsync(endpoint.Address, ct);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        var stream = new NetworkStream(socket, ownsSocket: true);
        return options.Tls ? await EncryptAsync(stream, endpoint.Name, ct) : stream;
    }

    // The node sends a connection to the shard that its own port is for. Behind a translation of addresses it comes to another, which is no harm.
    private static async Task<Socket?> TryConnectToShardAsync(IPEndPoint address, int shard, int shards, CancellationToken ct)
    {
        for (var tries = 0; tries < ShardPortTries; tries++)
        {
            var port = Random.Shared.Next(FirstEphemeralPort, IPEndPoint.MaxPort - shards);
            port += (shard - port % shards + shards) % shards;
            var socket = NewSocket(address);
            try
            {
                socket.Bind(new IPEndPoint(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port));
                await socket.ConnectAsync(address, ct);
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (e.SocketErrorCode is not (SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.AccessDenied))
                    return null;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        return null;
    }

    private static Socket NewSocket(IPEndPoint address) => new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private async Task<Stream> EncryptAsync(NetworkStream stream, string name, CancellationToken ct)
    {
        var encrypted = new SslStream(stream);
        var settings = new SslClientAuthenticationOptions { TargetHost = name };
        if (_authorities is not null)
        {
            settings.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            settings.CertificateChainPolicy.CustomTrustStore.AddRange(_authorities);
        }
        try
        {
            await encrypted.AuthenticateAsClientAsync(settings, ct);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync();
            throw;
        }
    }

    private static X509Certificate2Collection? ReadAuthorities(CqlOptions options)
    {
        if (options.TlsAuthority.Length == 0)
            return null;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.TlsAuthority);
            return authorities;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StorageException($"The file '{options.TlsAuthority}' of Cql:TlsAuthority cannot be read: {e.Message}", e);
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Cassandra;
using Chat.BuildingBlocks.Storage.Cql;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Scylla;

/// <summary>Connects by ScyllaDB's C# driver (package ScyllaDBCSharpDriver), with the same settings as the server's own client.</summary>
public sealed class ScyllaDriver(IOptions<CqlOptions> options) : ICqlDriver
{
    private const int DefaultPort = 9042;

    public async Task<ICqlSession> ConnectAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var cluster = await BuildAsync(options.Value, ct);
        try
        {
            // The driver takes no token: what is given up is ended by the shutdown below.
            var session = await cluster.ConnectAsync().WaitAsync(ct);
            await MakeKeyspaceAsync(session, options.Value, ct);
            session.ChangeKeyspace(options.Value.Keyspace);
            return new ScyllaSession(cluster, session, options.Value);
        }
        catch (Exception e)
        {
            await cluster.ShutdownAsync();
            throw e switch
            {
                NoHostAvailableException { Errors: var errors } when errors.Values.OfType<Cassandra.AuthenticationException>().FirstOrDefault() is { } refused =>
                    new StorageException($"The database refuses the user of Cql:Username: {refused.Message}", e),
                DriverException => ScyllaErrors.Translate(e),
                // The policy's, when no node is in its data centre.
                ArgumentException when options.Value.LocalDatacenter is { Length: > 0 } datacenter => new StorageException(
                    $"The cluster at {options.Value.ContactPoints} has no node in the data centre '{datacenter}': set Cql:LocalDatacenter.", e),
                _ => e,
            };
        }
    }

    private static async Task<Cluster> BuildAsync(CqlOptions options, CancellationToken ct)
    {
        var builder = Cluster.Builder()
            .AddContactPoints(await ResolveAsync(options.ContactPoints, ct))
            .WithLoadBalancingPolicy(new TokenAwarePolicy(
                options.LocalDatacenter.Length > 0 ? new DCAwareRoundRobinPolicy(options.LocalDatacenter) : new DCAwareRoundRobinPolicy()))
            .WithRetryPolicy(new IdempotenceAwareRetryPolicy(new DefaultRetryPolicy()))
            .WithSocketOptions(new SocketOptions().SetConnectTimeoutMillis(options.ConnectTimeoutMs).SetReadTimeoutMillis(options.RequestTimeoutMs).SetTcpNoDelay(true))
            .WithQueryTimeout(options.RequestTimeoutMs)
            .WithPoolingOptions(PoolingOptions.Create()
                .SetCoreConnectionsPerHost(HostDistance.Local, options.ConnectionsPerNode)
                .SetMaxConnectionsPerHost(HostDistance.Local, options.ConnectionsPerNode)
                .SetMaxRequestsPerConnection(options.MaxRequestsPerConnection));
        if (options.Username.Length > 0)
            builder.WithCredentials(options.Username, options.Password);
        if (options.Compression)
            builder.WithCompression(CompressionType.LZ4);
        if (options.Tls)
            builder.WithSSL(Tls(options));
        return builder.Build();
    }

    private static async Task<IPEndPoint[]> ResolveAsync(string contactPoints, CancellationToken ct)
    {
        var found = new List<IPEndPoint>();
        foreach (var point in contactPoints.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPEndPoint.TryParse(point, out var address))
            {
                found.Add(new IPEndPoint(address.Address, address.Port == 0 ? DefaultPort : address.Port));
                continue;
            }
            var (host, port) = point.Split(':') is [var name, var number] ? (name, int.Parse(number, CultureInfo.InvariantCulture)) : (point, DefaultPort);
            foreach (var one in await Dns.GetHostAddressesAsync(host, ct))
                found.Add(new IPEndPoint(one, port));
        }
        return [.. found];
    }

    private static SSLOptions Tls(CqlOptions options)
    {
        // The driver names the node by its address's reverse look-up, unless told otherwise: certificates name addresses.
        var tls = new SSLOptions(SslProtocols.None, true, (_, certificate, _, faults) => IsTrusted(options, certificate, faults));
        return tls.SetHostNameResolver(address => address.ToString());
    }

    private static bool IsTrusted(CqlOptions options, X509Certificate? certificate, SslPolicyErrors faults)
    {
        if (faults == SslPolicyErrors.None)
            return true;
        if (options.TlsAuthority.Length == 0 || faults != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(options.TlsAuthority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var presented = new X509Certificate2(certificate);
        return chain.Build(presented);
    }

    private static async Task MakeKeyspaceAsync(ISession session, CqlOptions options, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new SimpleStatement("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?", options.Keyspace)).WaitAsync(ct);
        if (found.Any())
            return;
        var local = await session.ExecuteAsync(new SimpleStatement("SELECT data_center FROM system.local")).WaitAsync(ct);
        var datacenter = options.LocalDatacenter.Length > 0 ? options.LocalDatacenter : local.First().GetValue<string>(0);
        await session.ExecuteAsync(new SimpleStatement(
            $"CREATE KEYSPACE IF NOT EXISTS {options.Keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', '{datacenter}': {options.ReplicationFactor}}}")).WaitAsync(ct);
    }
}

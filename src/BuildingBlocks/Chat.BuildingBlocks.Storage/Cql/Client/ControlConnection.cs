using System.Globalization;
using System.Net;
using System.Text;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>The session's own questions to the cluster, on one connection.</summary>
internal sealed class ControlConnection(Connection connection, Endpoint endpoint, TimeSpan time, TimeProvider clock)
{
    private const int TabletsOffRefused = CqlErrorCodes.Invalid;

    public Connection Connection => connection;

    /// <summary>Every node that has a place on the ring; the asked one first.</summary>
    /// <exception cref="IOException">No answer.</exception>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public async Task<List<NodeDescription>> ReadNodesAsync()
    {
        var local = await QueryAsync("SELECT host_id, data_center, rack, tokens, partitioner FROM system.local WHERE key = 'local'");
        var places = new List<NodeDescription>();
        if (local is [WireRow row] && PlaceOf(row, endpoint) is { } own)
            places.Add(row.Get<string>(4)?.EndsWith("Murmur3Partitioner", StringComparison.Ordinal) == true ? own : own with { Tokens = [] });

        foreach (var peer in (await ReadPeersAsync()).Cast<WireRow>())
        {
            if (AddressOf(peer) is { } address && PlaceOf(peer, address) is { } place)
                places.Add(place);
        }
        return places;
    }

    /// <summary>Null where the keyspace does not exist or is spread in a way that is not known here.</summary>
    /// <inheritdoc cref="ReadNodesAsync"/>
    public async Task<Replication?> ReadReplicationAsync(string keyspace, string datacenter)
    {
        if (await ReadKeyspaceAsync(keyspace) is not [WireRow row])
            return null;
        var map = ReadMap(row.Raw(0));
        var strategy = map.GetValueOrDefault("class", "");
        return strategy.EndsWith("NetworkTopologyStrategy", StringComparison.Ordinal) && Copies(datacenter) is { } copies ? new Replication(copies, AcrossRing: false)
            : strategy.EndsWith("SimpleStrategy", StringComparison.Ordinal) && Copies("replication_factor") is { } all ? new Replication(all, AcrossRing: true)
            : null;

        int? Copies(string key) => map.TryGetValue(key, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>Makes the keyspace if it is missing.</summary>
    /// <exception cref="CqlException">We have no right to.</exception>
    /// <inheritdoc cref="ReadNodesAsync"/>
    public async Task EnsureKeyspaceAsync(string keyspace, string datacenter, int copies)
    {
        if ((await ReadKeyspaceAsync(keyspace)).Count > 0)
            return;
        var create = $"CREATE KEYSPACE IF NOT EXISTS \"{keyspace}\" WITH replication = {{'class': 'NetworkTopologyStrategy', '{datacenter.Replace("'", "''", StringComparison.Ordinal)}': {copies}}}";

        // Tablets, where ScyllaDB has them: they know no conditional statements in some versions, and no ring to route by in any.
        if (connection.HasTablets)
        {
            try
            {
                await QueryAsync(create + " AND tablets = {'enabled': false}");
                return;
            }
            catch (CqlException e) when (e.Code == TabletsOffRefused)
            {
                // They are obligatory there.
            }
        }
        await QueryAsync(create);
    }

    /// <summary>Whether the nodes asked for have the same schema. Others may be down and then say nothing new.</summary>
    /// <inheritdoc cref="ReadNodesAsync"/>
    public async Task<bool> AgreesAsync(IReadOnlySet<Guid> nodes)
    {
        var versions = new HashSet<Guid>();
        foreach (var row in await QueryAsync("SELECT host_id, schema_version FROM system.local WHERE key = 'local'"))
            versions.Add(row.Get<Guid?>(1) ?? Guid.Empty);
        foreach (var row in await QueryAsync("SELECT host_id, schema_version FROM system.peers"))
        {
            if (row.Get<Guid?>(0) is { } host && nodes.Contains(host))
                versions.Add(row.Get<Guid?>(1) ?? Guid.Empty);
        }
        return versions.Count <= 1;
    }

    public Task RegisterAsync() => AskAsync(new RegisterRequest("TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"));

    private Task<IReadOnlyList<CqlRow>> ReadKeyspaceAsync(string keyspace) =>
        QueryAsync($"SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '{keyspace}'");

    // Cassandra 4 and later tell the port too; ScyllaDB has the older table alone, and one port for all.
    private async Task<IReadOnlyList<CqlRow>> ReadPeersAsync()
    {
        try
        {
            return await QueryAsync("SELECT host_id, data_center, rack, tokens, native_address, peer, native_port FROM system.peers_v2");
        }
        catch (CqlException e) when (e.Code == CqlErrorCodes.Invalid)
        {
            return await QueryAsync("SELECT host_id, data_center, rack, tokens, rpc_address, peer FROM system.peers");
        }
    }

    private async Task<IReadOnlyList<CqlRow>> QueryAsync(string cql) => Results.Read(await AskAsync(new QueryRequest(cql)), null, out _).Rows;

    private async Task<Response> AskAsync(Request request)
    {
        request.Deadline = clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency);
        var response = await connection.SendAsync(request);
        return response.Outcome != Outcome.Answered ? throw new IOException($"No answer from {endpoint}: {response.Outcome}.")
            : response.Opcode == Opcode.Error ? throw ServerError.Read(response).ToException()
            : response;
    }

    // A node that joins or leaves may be described in part.
    private static NodeDescription? PlaceOf(WireRow row, Endpoint endpoint)
    {
        if (row.IsNull(0) || row.IsNull(1) || row.IsNull(2))
            return null;
        var tokens = new List<long>();
        foreach (var text in row.Get<IReadOnlyList<string>?>(3) ?? [])
        {
            if (long.TryParse(text, CultureInfo.InvariantCulture, out var token))
                tokens.Add(token);
        }
        return new NodeDescription(row.Get<Guid>(0), endpoint, row.Get<string>(1), row.Get<string>(2), [.. tokens]);
    }

    private Endpoint? AddressOf(WireRow row)
    {
        var address = ReadAddress(row.Raw(4));
        if (address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            address = ReadAddress(row.Raw(5));
        var port = row.Count > 6 && !row.IsNull(6) ? row.Get<int>(6) : endpoint.Address.Port;
        return address is null || port is <= 0 or > IPEndPoint.MaxPort ? null : new Endpoint(new IPEndPoint(address, port), address.ToString());
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> bytes) => bytes.Length is 4 or 16 ? new IPAddress(bytes) : null;

    private static Dictionary<string, string> ReadMap(ReadOnlySpan<byte> bytes)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var reader = new BodyReader(bytes);
        for (var left = bytes.Length == 0 ? 0 : reader.Count(least: 8); left > 0; left--)
            map[Encoding.UTF8.GetString(reader.Bytes())] = Encoding.UTF8.GetString(reader.Bytes());
        return map;
    }
}

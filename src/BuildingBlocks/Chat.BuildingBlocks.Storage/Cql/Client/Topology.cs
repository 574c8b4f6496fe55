namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A node as the cluster describes it; its tokens are where its ranges end on the ring.</summary>
internal sealed record NodeDescription(Guid HostId, Endpoint Endpoint, string Datacenter, string Rack, long[] Tokens);

/// <summary>How the session's keyspace is spread.</summary>
/// <param name="Copies">In the local data centre, or with <paramref name="AcrossRing"/> in all.</param>
/// <param name="AcrossRing">SimpleStrategy: the next nodes on the ring, wherever they are. Else NetworkTopologyStrategy.</param>
internal sealed record Replication(int Copies, bool AcrossRing);

/// <summary>The nodes that are asked, and which of them have which tokens. Replaced when anything changes, never changed.</summary>
internal sealed class Topology
{
    private readonly long[] _ring;
    private readonly Node[][] _replicas;

    private Topology(Node[] nodes, long[] ring, Node[][] replicas) => (Nodes, _ring, _replicas) = (nodes, ring, replicas);

    public static Topology Empty { get; } = new([], [], []);

    /// <summary>Those of the local data centre.</summary>
    public Node[] Nodes { get; }

    /// <summary>Whether it matters which token a statement is for.</summary>
    public bool RoutesByToken => _ring.Length > 0 && (Nodes.Length > 1 || Nodes is [{ IsSharded: true }]);

    /// <param name="places">All nodes of the cluster.</param>
    /// <param name="nodes">The local ones among them, by host id.</param>
    /// <param name="replication">Null where it is not known: then every node is as good as another.</param>
    public static Topology Of(IReadOnlyList<NodeDescription> places, IReadOnlyDictionary<Guid, Node> nodes, Replication? replication)
    {
        var local = places.Where(place => nodes.ContainsKey(place.HostId)).ToList();
        if (replication is null)
            return new Topology([.. local.Select(place => nodes[place.HostId])], [], []);

        var onRing = (replication.AcrossRing ? places : local)
            .SelectMany(place => place.Tokens.Select(token => (token, place))).OrderBy(pair => pair.token).ToArray();
        var racks = local.Select(place => place.Rack).Distinct(StringComparer.Ordinal).Count();
        var replicas = new Node[onRing.Length][];
        for (var i = 0; i < onRing.Length; i++)
        {
            var owners = replication.AcrossRing
                ? NextOnRing(onRing, i, replication.Copies)
                : AcrossRacks(onRing, i, Math.Min(replication.Copies, local.Count), replication.Copies - racks);
            replicas[i] = [.. owners.Where(place => nodes.ContainsKey(place.HostId)).Select(place => nodes[place.HostId])];
        }
        return new Topology([.. local.Select(place => nodes[place.HostId])], [.. onRing.Select(pair => pair.token)], replicas);
    }

    /// <summary>The local nodes that have a token, the primary one first; may be none.</summary>
    public ReadOnlySpan<Node> ReplicasOf(long token)
    {
        if (_ring.Length == 0)
            return [];
        var at = Array.BinarySearch(_ring, token);
        if (at < 0)
            at = ~at;
        return _replicas[at == _ring.Length ? 0 : at];
    }

    private static List<NodeDescription> NextOnRing((long, NodeDescription Place)[] ring, int from, int copies)
    {
        var owners = new List<NodeDescription>(copies);
        for (var i = 0; i < ring.Length && owners.Count < copies; i++)
        {
            if (ring[(from + i) % ring.Length].Place is var place && !owners.Contains(place))
                owners.Add(place);
        }
        return owners;
    }

    // NetworkTopologyStrategy within one data centre: a rack is used again only as often as there are more copies than racks.
    private static List<NodeDescription> AcrossRacks((long, NodeDescription Place)[] ring, int from, int copies, int repeats)
    {
        var owners = new List<NodeDescription>(copies);
        var racks = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ring.Length && owners.Count < copies; i++)
        {
            var place = ring[(from + i) % ring.Length].Place;
            if (owners.Contains(place) || !racks.Add(place.Rack) && repeats-- <= 0)
                continue;
            owners.Add(place);
        }
        return owners;
    }
}

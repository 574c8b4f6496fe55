namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>In which order a request tries nodes: those with its partition first, each once, only ones with a connection.</summary>
/// <param name="token">Of its partition; null where that is not known or makes no difference.</param>
/// <param name="primaryFirst">For what takes a consensus: going through one node, rivals wait instead of outbidding one another.</param>
/// <param name="turn">Another each time, to spread the load.</param>
internal struct QueryPlan(Topology topology, long? token, bool primaryFirst, uint turn)
{
    private int _tried;

    /// <summary>From the beginning, on the cluster as it is now.</summary>
    public readonly QueryPlan Again(Topology now) => new(now, token, primaryFirst, turn + 1);

    /// <summary>Null: no other node is left.</summary>
    public Connection? Next()
    {
        var replicas = token is { } routed ? topology.ReplicasOf(routed) : [];
        var nodes = topology.Nodes;
        while (_tried < replicas.Length + nodes.Length)
        {
            var at = _tried++;
            Node node;
            if (at < replicas.Length)
            {
                node = replicas[(int)((at + (primaryFirst ? 0 : turn)) % (uint)replicas.Length)];
            }
            else
            {
                node = nodes[(int)((at - replicas.Length + turn) % (uint)nodes.Length)];
                if (replicas.Contains(node))
                    continue;
            }
            if (node.Pick(token) is { } connection)
                return connection;
        }
        return null;
    }
}

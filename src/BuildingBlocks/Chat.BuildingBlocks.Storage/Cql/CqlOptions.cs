using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>Section <c>Cql</c>: the cluster's database. With <see cref="ContactPoints"/> set, whatever must outlive a host is there.</summary>
public sealed class CqlOptions : IValidatableObject
{
    /// <summary>Some of its nodes, <c>host[:port],host[:port]</c>; the others are found through them. Port 9042 where none is said. Empty, the default: the embedded stores.</summary>
    public string ContactPoints { get; init; } = "";

    /// <summary>The data centre of this host; only its nodes are asked. Empty, the default: that of the first contact point which answers.</summary>
    public string LocalDatacenter { get; init; } = "";

    /// <summary>Where the tables are, made if missing. Lower case, digits and <c>_</c>; default <c>chat</c>.</summary>
    [RegularExpression("[a-z][a-z0-9_]{0,47}")] public string Keyspace { get; init; } = "chat";

    /// <summary>Copies of each row in the local data centre, for a keyspace that this host has to make. 1 to 9; default 3.</summary>
    [Range(1, 9)] public int ReplicationFactor { get; init; } = 3;

    /// <summary>Replicas that must have a write before it is acked and answer a read: <c>LocalQuorum</c> (default), <c>Quorum</c> across data centres, or <c>All</c>.</summary>
    [EnumDataType(typeof(CqlConsistency))] public CqlConsistency Consistency { get; init; } = CqlConsistency.LocalQuorum;

    /// <summary>Empty, the default: no authentication.</summary>
    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>Encrypts, and checks the nodes' certificates and names. Default false.</summary>
    public bool Tls { get; init; }

    /// <summary>A PEM file of the authorities that sign the nodes' certificates; empty, the default: the system's.</summary>
    public string TlsAuthority { get; init; } = "";

    /// <summary>A request's time, retries included, in milliseconds. 100 to 60 000; default 5 000.</summary>
    [Range(100, 60_000)] public int RequestTimeoutMs { get; init; } = 5_000;

    /// <summary>To connect and log in to a node, in milliseconds. 100 to 60 000; default 5 000.</summary>
    [Range(100, 60_000)] public int ConnectTimeoutMs { get; init; } = 5_000;

    /// <summary>How long a starting host waits for the database, in milliseconds, before it gives up. 0 to 600 000; default 60 000.</summary>
    [Range(0, 600_000)] public int StartTimeoutMs { get; init; } = 60_000;

    /// <summary>Connections to each node (on ScyllaDB: to each of its shards). 1 to 16; default 1.</summary>
    [Range(1, 16)] public int ConnectionsPerNode { get; init; } = 1;

    /// <summary>Requests under way on one connection; more wait their turn, eight times as many at most, and beyond that are refused at once. 1 to 32 768; default 2 048.</summary>
    [Range(1, 32_768)] public int MaxRequestsPerConnection { get; init; } = 2_048;

    /// <summary>LZ4 between host and node. Default false: inside one data centre the processor costs more than the wire.</summary>
    public bool Compression { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Username.Length > 0 != Password.Length > 0)
            yield return new ValidationResult("Cql:Username and Cql:Password belong together.", [nameof(Username), nameof(Password)]);
        if (TlsAuthority.Length > 0 && !Tls)
            yield return new ValidationResult("Cql:TlsAuthority is of no use without Cql:Tls.", [nameof(TlsAuthority)]);
    }
}

/// <summary>Replicas that must have answered.</summary>
public enum CqlConsistency
{
    /// <summary>Most of those in the local data centre: every host must then be in that one.</summary>
    LocalQuorum,

    /// <summary>Most of all.</summary>
    Quorum,

    /// <summary>Every one: a node down stops all.</summary>
    All,
}

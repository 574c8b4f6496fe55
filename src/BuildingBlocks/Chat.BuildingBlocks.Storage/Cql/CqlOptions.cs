using System.ComponentModel.DataAnnotations;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>Section <c>Cql</c>: the cluster's database. With <see cref="ContactPoints"/> set, everything durable is kept there.</summary>
public sealed class CqlOptions : IValidatableObject
{
    /// <summary>Some of its nodes, <c>host[:port],host[:port]</c>, port 9042 unless given; the other nodes are found through them. Empty, the default: the embedded stores.</summary>
    public string ContactPoints { get; init; } = "";

    /// <summary>The data centre of this server; only its nodes are used. Empty, the default: that of the first contact point that answers.</summary>
    public string LocalDatacenter { get; init; } = "";

    /// <summary>The keyspace of the tables, created if missing. Lower case, digits and <c>_</c>; default <c>chat</c>.</summary>
    [RegularExpression("[a-z][a-z0-9_]{0,47}")] public string Keyspace { get; init; } = "chat";

    /// <summary>Copies of each row in the local data centre, used when this server creates the keyspace. 1 to 9; default 3.</summary>
    [Range(1, 9)] public int ReplicationFactor { get; init; } = 3;

    /// <summary>The replicas that must confirm a write and answer a read: <c>LocalQuorum</c> (default), <c>Quorum</c> across data centres, or <c>All</c>.</summary>
    [EnumDataType(typeof(CqlConsistency))] public CqlConsistency Consistency { get; init; } = CqlConsistency.LocalQuorum;

    /// <summary>Empty, the default: no authentication.</summary>
    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>Encrypts, and checks the nodes' certificates and names. Default false.</summary>
    public bool Tls { get; init; }

    /// <summary>A PEM file of the authorities that sign the nodes' certificates; empty, the default: the system's.</summary>
    public string TlsAuthority { get; init; } = "";

    /// <summary>How long a request may take, retries included, in milliseconds. 100 to 60 000; default 5 000.</summary>
    [Range(100, 60_000)] public int RequestTimeoutMs { get; init; } = 5_000;

    /// <summary>How long connecting and logging in to a node may take, in milliseconds. 100 to 60 000; default 5 000.</summary>
    [Range(100, 60_000)] public int ConnectTimeoutMs { get; init; } = 5_000;

    /// <summary>How long a starting server waits for the database before it gives up, in milliseconds. 0 to 600 000; default 60 000.</summary>
    [Range(0, 600_000)] public int StartTimeoutMs { get; init; } = 60_000;

    /// <summary>Connections to each node (on ScyllaDB: to each of its shards). 1 to 16; default 1.</summary>
    [Range(1, 16)] public int ConnectionsPerNode { get; init; } = 1;

    /// <summary>Requests in flight on one connection. Eight times as many may wait; more are refused at once. 1 to 32 768; default 2 048.</summary>
    [Range(1, 32_768)] public int MaxRequestsPerConnection { get; init; } = 2_048;

    /// <summary>LZ4 compression of requests and answers. Default false: inside one data centre it costs more CPU than it saves network.</summary>
    public bool Compression { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Username.Length > 0 != Password.Length > 0)
            yield return new ValidationResult("Cql:Username and Cql:Password must be set together.", [nameof(Username), nameof(Password)]);
        if (TlsAuthority.Length > 0 && !Tls)
            yield return new ValidationResult("Cql:TlsAuthority has no effect without Cql:Tls.", [nameof(TlsAuthority)]);
    }
}

/// <summary>Replicas that must have answered.</summary>
public enum CqlConsistency
{
    /// <summary>A majority in the local data centre: every server must then be in that data centre.</summary>
    LocalQuorum,

    /// <summary>A majority of all.</summary>
    Quorum,

    /// <summary>Every replica: one node that is down stops everything.</summary>
    All,
}

using System.ComponentModel.DataAnnotations;
using StackExchange.Redis;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>Section <c>Redis</c>: what connects several servers. With <see cref="ConnectionString"/> set they know one another; <c>Cql:ContactPoints</c> is needed as well.</summary>
public sealed class RedisOptions : IValidatableObject
{
    /// <summary>
    /// StackExchange.Redis's: <c>host[:port],host[:port],user=…,password=…,ssl=true</c>. Several hosts are a Redis Cluster, or with <c>serviceName=…</c>
    /// the Sentinels of a primary. Empty, the default: one server, without Redis.
    /// </summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>What the name of every key and channel begins with. Lower case, digits, <c>-</c> and <c>_</c>; default <c>chat</c>.</summary>
    [RegularExpression("[a-z][a-z0-9_-]{0,31}")] public string Prefix { get; init; } = "chat";

    /// <summary>A PEM file of the authorities that sign Redis's certificates; empty, the default: the system's.</summary>
    public string TlsAuthority { get; init; } = "";

    /// <summary>How long a command may take, in milliseconds. Shorter than a third of <c>Nodes:LeaseMs</c>. 100 to 60 000; default 1 000.</summary>
    [Range(100, 60_000)] public int CommandTimeoutMs { get; init; } = 1_000;

    /// <summary>To connect and log in, in milliseconds. 100 to 60 000; default 2 000.</summary>
    [Range(100, 60_000)] public int ConnectTimeoutMs { get; init; } = 2_000;

    /// <summary>How long a starting server waits for Redis, in milliseconds, before it begins without it. 0 to 600 000; default 5 000.</summary>
    [Range(0, 600_000)] public int StartTimeoutMs { get; init; } = 5_000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ConnectionString.Length == 0)
            yield break;
        string? fault = null;
        var usesTls = false;
        try
        {
            var parsed = ConfigurationOptions.Parse(ConnectionString);
            usesTls = parsed.Ssl;
            fault = parsed.EndPoints.Count == 0 ? "it names no host." : null;
        }
        catch (ArgumentException e)
        {
            fault = e.Message;
        }
        if (fault is not null)
            yield return new ValidationResult($"Redis:ConnectionString cannot be read: {fault}", [nameof(ConnectionString)]);
        else if (TlsAuthority.Length > 0 && !usesTls)
            yield return new ValidationResult("Redis:TlsAuthority is of no use without ssl=true in Redis:ConnectionString.", [nameof(TlsAuthority)]);
    }
}

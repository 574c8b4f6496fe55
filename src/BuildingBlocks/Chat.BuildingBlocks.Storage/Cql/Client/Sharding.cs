using System.Globalization;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>How a ScyllaDB node divides its tokens between its cores, and which of them a connection has come to. All of it is in SUPPORTED.</summary>
/// <param name="Shard">The connection's.</param>
/// <param name="Shards">1 on Cassandra.</param>
/// <param name="IgnoredBits">Of a token's most significant ones.</param>
/// <param name="Port">Where a connection comes to the shard (its own port % <paramref name="Shards"/>); 0: nowhere.</param>
/// <param name="TlsPort">The same, encrypted.</param>
internal sealed record Sharding(int Shard, int Shards, int IgnoredBits, int Port, int TlsPort)
{
    private const int MaxShards = 1024;

    public static readonly Sharding None = new(0, 1, 0, 0, 0);

    /// <summary>Which shard has a token.</summary>
    public int ShardOf(long token) =>
        Shards == 1 ? 0 : (int)Math.BigMul(((ulong)token + (1UL << 63)) << IgnoredBits, (ulong)Shards, out _);

    /// <summary>What a node's options say; <see cref="None"/> where they say nothing, or nothing that makes sense.</summary>
    public static Sharding Of(IReadOnlyDictionary<string, List<string>> supported)
    {
        var (shard, shards, ignored) = (Number("SCYLLA_SHARD"), Number("SCYLLA_NR_SHARDS"), Number("SCYLLA_SHARDING_IGNORE_MSB"));
        return shards is > 0 and <= MaxShards && shard >= 0 && shard < shards && ignored is >= 0 and < 64
            ? new Sharding(shard, shards, ignored, Math.Max(Number("SCYLLA_SHARD_AWARE_PORT"), 0), Math.Max(Number("SCYLLA_SHARD_AWARE_PORT_SSL"), 0))
            : None;

        int Number(string option) =>
            supported.TryGetValue(option, out var values) && values is [var text, ..]
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}

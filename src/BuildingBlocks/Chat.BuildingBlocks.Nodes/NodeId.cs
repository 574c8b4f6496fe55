using System.Globalization;
using System.Security.Cryptography;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>
/// One life of a server among the others: random, new at each start and each time the server has lost its lease. What a node of another id said is of
/// another life, and is never mistaken for this one's.
/// </summary>
public readonly record struct NodeId(ulong Value)
{
    public static NodeId New() => new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));

    /// <summary>What <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static NodeId Parse(string text) => new(ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    public static bool TryParse(string text, out NodeId node)
    {
        var isNode = ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        node = new NodeId(value);
        return isNode;
    }

    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}

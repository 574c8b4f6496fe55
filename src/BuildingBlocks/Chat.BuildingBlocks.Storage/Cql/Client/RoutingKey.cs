namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A statement's token, out of its values.</summary>
internal static class RoutingKey
{
    [ThreadStatic]
    private static BodyWriter? _scratch;

    /// <summary>Null where the partition key is not wholly among the values.</summary>
    public static long? TokenOf(Prepared prepared, CqlStatement statement)
    {
        var parts = prepared.Parameters.PartitionKey;
        if (parts.Length == 0)
            return null;
        var scratch = _scratch ??= new BodyWriter(256);
        scratch.CutTo(0);
        foreach (var part in parts)
        {
            if (part >= statement.Values.Count || statement.Values[part] is not { } value)
                return null;
            var at = scratch.Length;

            // A key of several parts is hashed as each one's length, bytes and a zero.
            if (parts.Length > 1)
                scratch.Short(0);
            Values.WritePlain(scratch, value);
            if (parts.Length == 1)
                break;
            var length = scratch.Length - at - 2;
            if (length > ushort.MaxValue)
                return null;
            scratch.WrittenSpan[at] = (byte)(length >> 8);
            scratch.WrittenSpan[at + 1] = (byte)length;
            scratch.Byte(0);
        }
        return Murmur3.Token(scratch.WrittenSpan);
    }
}

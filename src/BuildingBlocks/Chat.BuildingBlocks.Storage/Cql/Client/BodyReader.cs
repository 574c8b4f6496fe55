using System.Buffers.Binary;
using System.Text;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Reads the protocol's notations (§3) out of a frame's body.</summary>
/// <exception cref="InvalidDataException">From every method: the bytes end too early or make no sense.</exception>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    public int Position { get; private set; }

    public readonly int Left => _body.Length - Position;

    public byte Byte() => Take(1)[0];

    public int Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int Int() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public string String() => Encoding.UTF8.GetString(Take(Short()));

    public void SkipString() => Take(Short());

    public ReadOnlySpan<byte> ShortBytes() => Take(Short());

    /// <summary>Empty for null too.</summary>
    public ReadOnlySpan<byte> Bytes() => Int() is var length and > 0 ? Take(length) : [];

    /// <summary>A value's length, -1 for null, with the position left behind it and the value.</summary>
    public int SkipValue()
    {
        var length = Int();
        if (length > 0)
            Take(length);
        return Math.Max(length, -1);
    }

    /// <summary>A count of things of which each takes <paramref name="least"/> bytes or more: what cannot be there makes no array.</summary>
    public int Count(int least)
    {
        var count = Int();
        if (count < 0 || (long)count * least > Left)
            throw new InvalidDataException($"{count} things cannot be in {Left} bytes.");
        return count;
    }

    public List<string> StringList()
    {
        var list = new List<string>();
        for (var left = Short(); left > 0; left--)
            list.Add(String());
        return list;
    }

    public Dictionary<string, List<string>> StringMultimap()
    {
        var map = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        for (var left = Short(); left > 0; left--)
            map[String()] = StringList();
        return map;
    }

    /// <summary>Passes over what a response's flags say comes before its body proper (§2.2).</summary>
    /// <returns>The server's warnings, null without.</returns>
    public List<string>? Preamble(FrameFlags flags)
    {
        if ((flags & FrameFlags.Tracing) != 0)
            Take(16);
        var warnings = (flags & FrameFlags.Warning) != 0 ? StringList() : null;
        if ((flags & FrameFlags.CustomPayload) != 0)
        {
            for (var left = Short(); left > 0; left--)
            {
                SkipString();
                SkipValue();
            }
        }
        return warnings;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _body.Length - Position)
            throw new InvalidDataException($"{count} bytes were announced where {Left} are left.");
        var taken = _body.Slice(Position, count);
        Position += count;
        return taken;
    }
}

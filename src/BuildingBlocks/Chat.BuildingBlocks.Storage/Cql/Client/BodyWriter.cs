using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Writes the protocol's notations (§3) into a buffer that grows and is used again. Not for several threads.</summary>
internal sealed class BodyWriter
{
    private byte[] _buffer;

    public BodyWriter(int capacity = 4096) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public Span<byte> WrittenSpan => _buffer.AsSpan(0, Length);

    /// <summary>Forgets what was written after <paramref name="length"/>.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Empties it, and gives a buffer back that one large frame has blown up.</summary>
    public void Clear(int keep)
    {
        Length = 0;
        if (_buffer.Length <= keep)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(keep);
    }

    /// <summary>The next <paramref name="count"/> bytes, to be filled by the caller.</summary>
    public Span<byte> Take(int count)
    {
        if (_buffer.Length - Length < count)
            Grow(count);
        var taken = _buffer.AsSpan(Length, count);
        Length += count;
        return taken;
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Short(int value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), checked((ushort)value));

    public void Int(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(8), value);

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void ShortBytes(ReadOnlySpan<byte> bytes)
    {
        Short(bytes.Length);
        Raw(bytes);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Int(bytes.Length);
        Raw(bytes);
    }

    public void String(string text)
    {
        Short(Encoding.UTF8.GetByteCount(text));
        Utf8(text);
    }

    public void LongString(string text)
    {
        var at = Length;
        Int(0);
        Utf8(text);
        IntAt(at, Length - at - 4);
    }

    public void StringMap(IReadOnlyCollection<KeyValuePair<string, string>> map)
    {
        Short(map.Count);
        foreach (var (key, value) in map)
        {
            String(key);
            String(value);
        }
    }

    /// <summary>Overwrites an int that was written before.</summary>
    public void IntAt(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position, 4), value);

    private void Utf8(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_buffer.Length - Length < most)
            Grow(most);
        Length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(Length));
    }

    private void Grow(int by)
    {
        var twice = (int)Math.Min(_buffer.Length * 2L, Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + by), twice));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

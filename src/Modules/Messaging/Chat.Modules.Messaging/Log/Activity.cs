using System.Buffers.Binary;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// A position in the order in which messages were written: Unix time in ms (48 bits), and a counter within the millisecond (12 bits). A message's id, a UUID of
/// version 7, begins with it (RFC 9562 §5.7), so it is not stored separately.
/// </summary>
internal readonly record struct Activity(long Value) : IComparable<Activity>
{
    private const int CountBits = 12;

    /// <summary>Below all messages.</summary>
    public static Activity Lowest { get; } = new(-1);

    public long UnixMs => Value >> CountBits;

    public static Activity At(DateTimeOffset time) => At(time.ToUnixTimeMilliseconds());

    public static Activity At(long unixMs) => new(unixMs << CountBits);

    public static Activity Of(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return ReadFrom(bytes);
    }

    /// <param name="id">A message id, big endian.</param>
    public static Activity ReadFrom(ReadOnlySpan<byte> id) => new(
        (BinaryPrimitives.ReadInt64BigEndian(id) >>> 16 << CountBits) | (uint)(BinaryPrimitives.ReadUInt16BigEndian(id[6..]) & 0xfff));

    /// <summary>Writes the first half of a message id: this and the version.</summary>
    public void WriteTo(Span<byte> id) => BinaryPrimitives.WriteInt64BigEndian(id, (UnixMs << 16) | 0x7000 | (Value & 0xfff));

    /// <summary>An id with this instead of its own time.</summary>
    public MessageId In(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        WriteTo(bytes);
        return new MessageId(new Guid(bytes, bigEndian: true));
    }

    public int CompareTo(Activity other) => Value.CompareTo(other.Value);

    public static bool operator <(Activity a, Activity b) => a.Value < b.Value;

    public static bool operator >(Activity a, Activity b) => a.Value > b.Value;

    public static bool operator <=(Activity a, Activity b) => a.Value <= b.Value;

    public static bool operator >=(Activity a, Activity b) => a.Value >= b.Value;
}

using System.Buffers.Binary;
using System.Numerics;
using System.Text.Unicode;

namespace Chat.Host.Transports.WebSocket;

/// <summary>RFC 6455 §5.2.</summary>
internal enum Opcode
{
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// <summary>The head of a WebSocket frame: RFC 6455 §5.2.</summary>
internal readonly record struct FrameHeader(bool Fin, Opcode Opcode, long Length, uint Mask)
{
    public const int MaxServerBytes = 10;

    /// <summary>Four bytes of mask more than a server's.</summary>
    public const int MaxClientBytes = 14;

    public const int MaxControlPayload = 125;

    public bool IsControl => Opcode >= Opcode.Close;

    /// <summary>The bytes of a client's header, by its second; null where that shows no mask, which a client must not leave out.</summary>
    public static int? ClientBytes(byte second) => (second & 0x80) == 0 ? null : 6 + (second & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };

    /// <summary>Null for what no client may send: reserved bits and opcodes, a length with more bytes than it needs, a long or fragmented control frame.</summary>
    public static FrameHeader? Read(ReadOnlySpan<byte> bytes)
    {
        var (fin, opcode) = ((bytes[0] & 0x80) != 0, (Opcode)(bytes[0] & 0x0F));
        var length = (bytes[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            127 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            var small => small,
        };
        var header = new FrameHeader(fin, opcode, length, BitConverter.ToUInt32(bytes[^4..]));
        var tooWide = (bytes[1] & 0x7F) switch { 126 => length <= MaxControlPayload, 127 => length <= ushort.MaxValue, _ => false };
        var wrong = (bytes[0] & 0x70) != 0 || tooWide || !Enum.IsDefined(opcode)
            || (header.IsControl && (!fin || length > MaxControlPayload));
        return wrong ? null : header;
    }

    /// <summary>
    /// Whether a client may close with this payload: nothing, or a code and a reason in UTF-8 (RFC 6455 §5.5.1). The codes are those of §7.4
    /// that may stand in a frame, those registered since (1012 to 1014), and those of libraries and applications.
    /// </summary>
    public static bool IsClose(ReadOnlySpan<byte> payload) => payload.Length switch
    {
        0 => true,
        1 => false,
        _ => BinaryPrimitives.ReadUInt16BigEndian(payload) is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)
            && Utf8.IsValid(payload[2..]),
    };

    /// <summary>Writes a server's header of an unfragmented frame; answers its bytes.</summary>
    public static int Write(Span<byte> to, Opcode opcode, int length)
    {
        to[0] = (byte)(0x80 | (int)opcode);
        switch (length)
        {
            case <= MaxControlPayload:
                to[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                to[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)length);
                return 4;
            default:
                to[1] = 127;
                BinaryPrimitives.WriteInt64BigEndian(to[2..], length);
                return MaxServerBytes;
        }
    }

    /// <summary>Takes the mask off a part of a payload. Answers the mask turned to where the next part begins.</summary>
    public static uint Unmask(ReadOnlySpan<byte> from, Span<byte> to, uint mask)
    {
        var done = 0;
        var wide = new Vector<uint>(mask).As<uint, byte>();
        for (; done <= from.Length - Vector<byte>.Count; done += Vector<byte>.Count)
            (new Vector<byte>(from[done..]) ^ wide).CopyTo(to[done..]);
        for (; done < from.Length; done++)
        {
            to[done] = (byte)(from[done] ^ (byte)mask);
            mask = BitOperations.RotateRight(mask, 8);
        }
        return mask;
    }
}

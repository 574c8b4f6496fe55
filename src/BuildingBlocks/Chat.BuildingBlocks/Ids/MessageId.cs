using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>The server's name of a message: a time-ordered UUID (RFC 9562 version 7), written in its 36-character form.</summary>
[JsonConverter(typeof(ParsableJsonConverter<MessageId>))]
public readonly record struct MessageId(Guid Value) : IParsable<MessageId>
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789abcdefABCDEF-");

    // Asking the system for 16 bytes at a time would be a call for each message.
    private const int RandomAtOnce = 64 * 16;

    [ThreadStatic] private static byte[]? _random;
    [ThreadStatic] private static int _randomLeft;

    public static MessageId New(DateTimeOffset now)
    {
        _random ??= new byte[RandomAtOnce];
        if (_randomLeft == 0)
        {
            RandomNumberGenerator.Fill(_random);
            _randomLeft = RandomAtOnce;
        }
        var id = _random.AsSpan(_randomLeft -= 16, 16);
        // RFC 9562 §5.7: 48 bits of Unix time in ms, the version, 12 random bits, the variant, 62 random bits.
        BinaryPrimitives.WriteInt64BigEndian(id, now.ToUnixTimeMilliseconds() << 16 | 0x7000 | (BinaryPrimitives.ReadInt64BigEndian(id) & 0x0fff));
        id[8] = (byte)(id[8] & 0x3f | 0x80);
        return new MessageId(new Guid(id, bigEndian: true));
    }

    public static MessageId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("Not a message id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MessageId result)
    {
        // .NET's own parser also takes blanks around it, and signs and 0x within.
        var value = Guid.Empty;
        var wellFormed = !s.AsSpan().ContainsAnyExcept(Alphabet) && Guid.TryParseExact(s, "D", out value);
        result = new MessageId(value);
        return wellFormed;
    }

    public override string ToString() => Value.ToString("D");
}

using System.Text.Json;

namespace Chat.Bench.Relay;

/// <summary>A client's <c>message</c> frame. Its strings stay as they came, escaped, to be copied into the frames that go out.</summary>
internal readonly ref struct RelayMessage
{
    public ReadOnlySpan<byte> To { get; private init; }
    public ReadOnlySpan<byte> Text { get; private init; }
    public ReadOnlySpan<byte> ClientMsgId { get; private init; }

    /// <summary>False for broken JSON and for every other frame: the relay knows no more.</summary>
    public static bool TryParse(ReadOnlySpan<byte> frame, out RelayMessage message)
    {
        message = default;
        ReadOnlySpan<byte> to = default, text = default, clientMsgId = default;
        var isMessage = false;
        var reader = new Utf8JsonReader(frame);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueSpan;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                    reader.Skip();
                else if (name.SequenceEqual("type"u8))
                    isMessage = reader.ValueSpan.SequenceEqual("message"u8);
                else if (name.SequenceEqual("to"u8))
                    to = reader.ValueSpan;
                else if (name.SequenceEqual("text"u8))
                    text = reader.ValueSpan;
                else if (name.SequenceEqual("clientMsgId"u8))
                    clientMsgId = reader.ValueSpan;
            }
        }
        catch (JsonException)
        {
            return false;
        }

        message = new RelayMessage { To = to, Text = text, ClientMsgId = clientMsgId };
        return isMessage;
    }

    /// <summary>The b of <c>dm:a:b</c> for a, the a for b; empty for anyone else and for other conversations.</summary>
    public ReadOnlySpan<byte> OtherUser(ReadOnlySpan<byte> self)
    {
        if (!To.StartsWith("dm:"u8))
            return default;
        var users = To[3..];
        var colon = users.IndexOf((byte)':');
        if (colon < 0)
            return default;
        var first = users[..colon];
        var second = users[(colon + 1)..];
        return self.SequenceEqual(first) ? second : self.SequenceEqual(second) ? first : default;
    }
}

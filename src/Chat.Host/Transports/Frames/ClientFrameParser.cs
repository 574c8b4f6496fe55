using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>
/// Reads a client's frame from the bytes that came. Whatever they are, the answer is a frame or a refusal, never an exception. Unknown
/// properties are ignored; a known one that stands twice, is of the wrong type or holds a foreign id is <c>bad_request</c>.
/// </summary>
internal static class ClientFrameParser
{
    private const int MaxClientMsgIdLength = 64;

    private static readonly SearchValues<char> PrintableAscii =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c)]);

    /// <summary>A frame of <c>/ws</c>, which says its type itself.</summary>
    public static ParsedFrame Parse(ReadOnlySpan<byte> json, UserId from) => Parse(json, null, from);

    /// <summary>A request of the hub, whose type is the method's name.</summary>
    public static ParsedFrame Parse(ReadOnlySpan<byte> json, ClientFrameType type, UserId from) => Parse(json, (ClientFrameType?)type, from);

    private static ParsedFrame Parse(ReadOnlySpan<byte> json, ClientFrameType? type, UserId from)
    {
        if (!Utf8.IsValid(json))
            return Refused("A frame is UTF-8.");
        var fields = default(FrameFields);
        try
        {
            fields = FrameFields.Find(json);
            return new ParsedFrame(Read(type ?? TypeOf(fields), fields, from), null);
        }
        catch (MalformedFrameException e)
        {
            return Refused(e.Message, NamedAttemptOf(fields));
        }
        catch (JsonException)
        {
            return Refused("A frame is one JSON object, at most 16 levels deep, each property once.");
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for a string that cannot be one: an escaped surrogate without its other half.
            return Refused("A string holds half of a surrogate pair.", NamedAttemptOf(fields));
        }
    }

    private static ClientFrame Read(ClientFrameType type, in FrameFields fields, UserId from) => type switch
    {
        ClientFrameType.Message => ReadMessage(fields, from),
        ClientFrameType.Ack => ReadAck(fields),
        ClientFrameType.Typing => new TypingFrame(ConversationOf(fields), BooleanOf(fields, FrameField.Active)),
        ClientFrameType.Sync => new SyncFrame(
            ConversationOf(fields),
            SeqNoOf(fields, FrameField.After, lowest: 0) ?? SeqNo.None,
            (int)Math.Min(IntegerOf(fields, FrameField.Limit, lowest: 1) ?? GetMessages.DefaultLimit, GetMessages.MaxLimit)),
        ClientFrameType.Presence => new PresenceFrame(UsersOf(fields, FrameField.Subscribe), UsersOf(fields, FrameField.Unsubscribe)),
        ClientFrameType.Auth => new AuthFrame(StringOf(fields, FrameField.Token) ?? throw Missing(FrameField.Token)),
        _ => new PingFrame(),
    };

    private static MessageFrame ReadMessage(in FrameFields fields, UserId from)
    {
        RefuseMedia(fields);
        return new MessageFrame(
            TargetOf(fields, from),
            new MessageContent(TextOf(fields), MessageIdOf(fields, FrameField.ReplyTo)),
            ClientMsgIdOf(fields) ?? throw new MalformedFrameException("clientMsgId is 1 to 64 printable ASCII characters."),
            SeqNoOf(fields, FrameField.LastSeenSeqNo, lowest: 0));
    }

    // By place where the frame gives one, as that needs no look-up; a client may hand back a message's fields with the status added.
    private static ClientFrame ReadAck(in FrameFields fields)
    {
        var status = StringOf(fields, FrameField.Status) switch
        {
            "delivered" => AckStatus.Delivered,
            "read" => AckStatus.Read,
            _ => throw new MalformedFrameException("status is delivered or read."),
        };
        if (SeqNoOf(fields, FrameField.SeqNo, lowest: 1) is { } seqNo)
            return new AckPlaceFrame(ConversationOf(fields), seqNo, status);
        var message = MessageIdOf(fields, FrameField.MessageId)
            ?? throw new MalformedFrameException("An ack has a messageId, or a conversationId and a seqNo.");
        return new AckMessageFrame(message, status);
    }

    private static ClientFrameType TypeOf(in FrameFields fields)
    {
        if (!fields.TryRead(FrameField.Type, out var value) || value.TokenType != JsonTokenType.String)
            throw new MalformedFrameException("A frame has a type.");
        return value.ValueTextEquals("message"u8) ? ClientFrameType.Message
            : value.ValueTextEquals("ack"u8) ? ClientFrameType.Ack
            : value.ValueTextEquals("typing"u8) ? ClientFrameType.Typing
            : value.ValueTextEquals("sync"u8) ? ClientFrameType.Sync
            : value.ValueTextEquals("presence"u8) ? ClientFrameType.Presence
            : value.ValueTextEquals("auth"u8) ? ClientFrameType.Auth
            : value.ValueTextEquals("ping"u8) ? ClientFrameType.Ping
            : throw new MalformedFrameException("There is no such type of frame.");
    }

    private static ConversationId TargetOf(in FrameFields fields, UserId from) =>
        ConversationId.TryParseTarget(StringOf(fields, FrameField.To), from, out var conversation)
            ? conversation
            : throw new MalformedFrameException("to is a conversationId, or @userId of somebody else.");

    private static void RefuseMedia(in FrameFields fields)
    {
        if (!fields.TryRead(FrameField.MediaIds, out var value))
            return;
        if (value.TokenType != JsonTokenType.StartArray)
            throw new MalformedFrameException("mediaIds is a list.");
        if (value.Read() && value.TokenType != JsonTokenType.EndArray)
            throw new MalformedFrameException("This server keeps no media yet.");
    }

    private static ConversationId ConversationOf(in FrameFields fields) =>
        ConversationId.TryParse(StringOf(fields, FrameField.ConversationId), out var id)
            ? id
            : throw new MalformedFrameException("conversationId is dm:{a}:{b} or g:{32 hex digits}.");

    private static MessageId? MessageIdOf(in FrameFields fields, FrameField field)
    {
        if (StringOf(fields, field) is not { } text)
            return null;
        return MessageId.TryParse(text, null, out var id) ? id : throw new MalformedFrameException($"{FrameFields.Name(field)} is a UUID.");
    }

    private static SeqNo? SeqNoOf(in FrameFields fields, FrameField field, long lowest) =>
        IntegerOf(fields, field, lowest) is { } value ? new SeqNo(value) : null;

    private static long? IntegerOf(in FrameFields fields, FrameField field, long lowest)
    {
        if (!fields.TryRead(field, out var value))
            return null;
        return value.TokenType == JsonTokenType.Number && value.TryGetInt64(out var number) && number >= lowest && number <= SeqNo.MaxValue
            ? number
            : throw new MalformedFrameException($"{FrameFields.Name(field)} is an integer from {lowest} to 2^53 - 1.");
    }

    private static bool BooleanOf(in FrameFields fields, FrameField field) =>
        fields.TryRead(field, out var value) && value.TokenType is JsonTokenType.True or JsonTokenType.False
            ? value.GetBoolean()
            : throw new MalformedFrameException($"{FrameFields.Name(field)} is true or false.");

    private static List<UserId> UsersOf(in FrameFields fields, FrameField field)
    {
        List<UserId> users = [];
        if (!fields.TryRead(field, out var value))
            return users;
        if (value.TokenType != JsonTokenType.StartArray)
            throw new MalformedFrameException($"{FrameFields.Name(field)} is a list of user ids.");
        while (value.Read() && value.TokenType != JsonTokenType.EndArray)
            users.Add(value.TokenType == JsonTokenType.String && UserId.TryParse(value.GetString(), out var user)
                ? user
                : throw new MalformedFrameException($"{FrameFields.Name(field)} is a list of user ids."));
        return users;
    }

    private static string? StringOf(in FrameFields fields, FrameField field)
    {
        if (!fields.TryRead(field, out var value))
            return null;
        return value.TokenType == JsonTokenType.String ? value.GetString() : throw new MalformedFrameException($"{FrameFields.Name(field)} is a string.");
    }

    private static Utf8Text TextOf(in FrameFields fields)
    {
        if (!fields.TryRead(FrameField.Text, out var value))
            throw Missing(FrameField.Text);
        return value.TokenType == JsonTokenType.String ? Utf8Text.ReadFrom(ref value) : throw new MalformedFrameException("text is a string.");
    }

    private static string? ClientMsgIdOf(in FrameFields fields)
    {
        if (!fields.TryRead(FrameField.ClientMsgId, out var value) || value.TokenType != JsonTokenType.String
            || value.ValueSpan.Length > 6 * MaxClientMsgIdLength)
            return null;
        Span<char> id = stackalloc char[6 * MaxClientMsgIdLength];
        id = id[..value.CopyString(id)];
        return id.Length is > 0 and <= MaxClientMsgIdLength && !id.ContainsAnyExcept(PrintableAscii) ? id.ToString() : null;
    }

    // For a frame that is refused already, perhaps for this very field.
    private static string? NamedAttemptOf(in FrameFields fields)
    {
        try
        {
            return ClientMsgIdOf(fields);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static MalformedFrameException Missing(FrameField field) => new($"{FrameFields.Name(field)} is missing.");

    private static ParsedFrame Refused(string text, string? clientMsgId = null) => ParsedFrame.Refused(Error.BadRequest(text), clientMsgId);

    /// <summary>Leaves the depth of a frame with the text of its refusal.</summary>
    private sealed class MalformedFrameException(string message) : Exception(message);
}

using System.Buffers;
using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>
/// The values of fields, well-formed and with their ids read. What is absent is null or refused, as the method says; what has the wrong type
/// or shape is a <see cref="MalformedFrameException"/>.
/// </summary>
internal readonly ref partial struct FrameFields
{
    private const int MaxClientMsgIdLength = 64;

    private static readonly SearchValues<char> PrintableAscii =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c)]);

    /// <summary>Required.</summary>
    public ConversationId Conversation() =>
        ConversationId.TryParse(String(FrameField.ConversationId), out var id)
            ? id
            : throw new MalformedFrameException("conversationId is dm:{a}:{b} or g:{32 hex digits}.");

    /// <summary>Required: <c>to</c>.</summary>
    public ConversationId Target(UserId from) =>
        ConversationId.TryParseTarget(String(FrameField.To), from, out var conversation)
            ? conversation
            : throw new MalformedFrameException("to is a conversationId, or @userId of somebody else.");

    /// <summary>Required.</summary>
    public string ClientMsgId() =>
        ClientMsgIdOrNone() ?? throw new MalformedFrameException("clientMsgId is 1 to 64 printable ASCII characters.");

    /// <summary>Null where there is none, or none that may be one.</summary>
    public string? ClientMsgIdOrNone()
    {
        if (!TryRead(FrameField.ClientMsgId, out var value) || value.TokenType != JsonTokenType.String
            || value.ValueSpan.Length > 6 * MaxClientMsgIdLength)
            return null;
        Span<char> id = stackalloc char[6 * MaxClientMsgIdLength];
        id = id[..value.CopyString(id)];
        return id.Length is > 0 and <= MaxClientMsgIdLength && !id.ContainsAnyExcept(PrintableAscii) ? id.ToString() : null;
    }

    public MessageId? MessageId(FrameField field)
    {
        if (String(field) is not { } text)
            return null;
        return BuildingBlocks.Ids.MessageId.TryParse(text, null, out var id) ? id : throw new MalformedFrameException($"{field.Name} is a UUID.");
    }

    /// <summary>Required: the message that a frame is about.</summary>
    public MessageId ChangedMessage() => MessageId(FrameField.MessageId) ?? throw Missing(FrameField.MessageId);

    public SeqNo? SeqNo(FrameField field, long lowest) => Integer(field, lowest) is { } value ? new SeqNo(value) : null;

    public long? Integer(FrameField field, long lowest)
    {
        if (!TryRead(field, out var value))
            return null;
        return value.TokenType == JsonTokenType.Number && value.TryGetInt64(out var number) && number >= lowest
            && number <= BuildingBlocks.Ids.SeqNo.MaxValue
            ? number
            : throw new MalformedFrameException($"{field.Name} is an integer from {lowest} to 2^53 - 1.");
    }

    /// <summary>Required.</summary>
    public bool Boolean(FrameField field) =>
        TryRead(field, out var value) && value.TokenType is JsonTokenType.True or JsonTokenType.False
            ? value.GetBoolean()
            : throw new MalformedFrameException($"{field.Name} is true or false.");

    /// <summary>Empty where the field is absent.</summary>
    public List<UserId> Users(FrameField field)
    {
        List<UserId> users = [];
        if (!TryRead(field, out var value))
            return users;
        if (value.TokenType != JsonTokenType.StartArray)
            throw new MalformedFrameException($"{field.Name} is a list of user ids.");
        while (value.Read() && value.TokenType != JsonTokenType.EndArray)
            users.Add(value.TokenType == JsonTokenType.String && UserId.TryParse(value.GetString(), out var user)
                ? user
                : throw new MalformedFrameException($"{field.Name} is a list of user ids."));
        return users;
    }

    public string? String(FrameField field)
    {
        if (!TryRead(field, out var value))
            return null;
        return value.TokenType == JsonTokenType.String ? value.GetString() : throw new MalformedFrameException($"{field.Name} is a string.");
    }

    /// <summary>Null where the field is absent.</summary>
    public Mentions? Mentions()
    {
        if (!TryRead(FrameField.Mentions, out var value))
            return null;
        try
        {
            return Modules.Messaging.Contracts.Mentions.ReadFrom(ref value);
        }
        catch (JsonException e)
        {
            throw new MalformedFrameException(e.Message);
        }
    }

    /// <summary>Whether the field is there.</summary>
    public bool Has(FrameField field) => TryRead(field, out _);

    /// <summary>Required: <c>text</c>.</summary>
    public Utf8Text Text()
    {
        if (!TryRead(FrameField.Text, out var value))
            throw Missing(FrameField.Text);
        return value.TokenType == JsonTokenType.String ? Utf8Text.ReadFrom(ref value) : throw new MalformedFrameException("text is a string.");
    }

    public static MalformedFrameException Missing(FrameField field) => new($"{field.Name} is missing.");
}

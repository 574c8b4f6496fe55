using System.Text.Json;
using System.Text.Unicode;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.ClientFrames;

namespace Chat.Host.Transports.Frames;

/// <summary>
/// Reads a client's frame from the bytes that came. Whatever they are, the answer is a frame, never an exception: what is none is a
/// <see cref="RefusedFrame"/>. Properties that the frame does not have are ignored; one that stands twice, is of the wrong type or holds a
/// foreign id is <c>bad_request</c>.
/// </summary>
internal static class ClientFrameParser
{
    private static readonly FrameField[] TypeAlone = [FrameField.Type];
    private static readonly FrameField[] ClientMsgIdAlone = [FrameField.ClientMsgId];

    /// <summary>A frame of <c>/ws</c>, which says its type itself.</summary>
    public static ClientFrame Parse(ReadOnlySpan<byte> json, UserId from) => Parse(json, null, from);

    /// <summary>A request of the hub, whose method says what it is.</summary>
    public static ClientFrame Parse(ReadOnlySpan<byte> json, ClientFrameSpec? spec, UserId from)
    {
        if (!Utf8.IsValid(json))
            return Refused("A frame is UTF-8.");
        try
        {
            spec ??= SpecOf(json) ?? throw NoSuchFrame(json);
            return spec.Read(json, from);
        }
        catch (MalformedFrameException e)
        {
            return Refused(e.Message, NamedAttempt(json));
        }
        catch (JsonException)
        {
            return Refused("A frame is one JSON object, at most 16 levels deep, each property once.");
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for a string that cannot be one: an escaped surrogate without its other half.
            return Refused("A string holds half of a surrogate pair.", NamedAttempt(json));
        }
    }

    // Looks no further than the type, which clients write first. Null where there is none that is known.
    private static ClientFrameSpec? SpecOf(ReadOnlySpan<byte> json)
    {
        var reader = FrameFields.Read(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals(FrameField.Type.Utf8);
            reader.Read();
            if (isType)
                return reader.TokenType == JsonTokenType.String ? ClientFrameRegistry.Find(ref reader) : null;
            reader.Skip();
        }
        return null;
    }

    private static MalformedFrameException NoSuchFrame(ReadOnlySpan<byte> json) => new(
        FrameFields.Find(json, TypeAlone).TryRead(FrameField.Type, out var type) && type.TokenType == JsonTokenType.String
            ? "There is no such type of frame."
            : "A frame has a type.");

    // Of a frame that is refused already, perhaps for this very field.
    private static string? NamedAttempt(ReadOnlySpan<byte> json)
    {
        try
        {
            return FrameFields.Find(json, ClientMsgIdAlone).ClientMsgIdOrNone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static RefusedFrame Refused(string text, string? attempt = null) => new(Error.BadRequest(text), attempt);
}

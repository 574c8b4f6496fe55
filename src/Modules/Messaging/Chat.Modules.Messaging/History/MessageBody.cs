using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.History;

/// <summary>A message as REST shows it: the fields of the <c>message</c> frame.</summary>
internal sealed record MessageBody(
    MessageId MessageId, ConversationId ConversationId, SeqNo SeqNo, UserId SenderId, Utf8Text Text, long Timestamp,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageId? ReplyTo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MediaBody>? Media,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientMsgId)
{
    /// <param name="reader">Who is shown it: the sender sees its clientMsgId.</param>
    public static MessageBody For(LoggedMessage message, UserId reader) => new(
        message.Id, message.Conversation, message.SeqNo, message.Sender.User, message.Content.Text, message.Timestamp.ToUnixTimeMilliseconds(),
        message.Content.ReplyTo, message.Content.Media is { Count: > 0 } media ? [.. media.Select(MediaBody.For)] : null,
        message.Sender.User == reader ? message.ClientMsgId : null);
}

/// <summary>A file of a message as REST shows it: the fields of the frame.</summary>
internal sealed record MediaBody(
    MediaId MediaId, string ContentType, long Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Width,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Height,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? DurationMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Blurhash,
    bool Thumbnail, bool Voice,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Waveform)
{
    public static MediaBody For(MessageMedia media) => new(
        media.Id, media.ContentType, media.Size, media.Name, media.Width, media.Height, media.DurationMs, media.Blurhash, media.Thumbnail, media.Voice,
        media.Waveform.IsEmpty ? null : Array.ConvertAll(media.Waveform.ToArray(), value => (int)value));
}

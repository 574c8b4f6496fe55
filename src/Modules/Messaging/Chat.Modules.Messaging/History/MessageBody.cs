using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.History;

/// <summary>A message in its present state as REST shows it: the fields of the <c>message</c> frame.</summary>
internal sealed record MessageBody(
    MessageId MessageId, ConversationId ConversationId, SeqNo SeqNo, UserId SenderId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Utf8Text? Text,
    long Timestamp,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageId? ReplyTo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MediaBody>? Media,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Mentions? Mentions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageId? ThreadId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? ThreadSeqNo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Forwarded,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? Seen,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeletionBody? Deleted,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? EditedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Concurrent,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ReactionBody>? Reactions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Pinned,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ThreadBody? Thread,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? ChangedSeqNo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientMsgId)
{
    /// <param name="message">The message.</param>
    /// <param name="reader">Who is shown it: the sender sees its clientMsgId.</param>
    /// <param name="mine">The emoji that the reader has set on it; null for none.</param>
    public static MessageBody For(LoggedMessage message, UserId reader, IReadOnlyList<string>? mine) => new(
        message.Id, message.Conversation, message.SeqNo, message.Sender.User, message.State?.Deletion is null ? message.ShownText : null,
        message.Timestamp.ToUnixTimeMilliseconds(), message.Content.ReplyTo,
        message.Content.Media is { Count: > 0 } media ? [.. media.Select(MediaBody.For)] : null,
        message.ShownMentions is { IsEmpty: false } mentions ? mentions : null, message.Content.Thread?.Id, message.Content.Thread?.SeqNo, message.Content.Forwarded, message.Content.Seen,
        message.Content.ExpiresAt?.ToUnixTimeMilliseconds(),
        message.State?.Deletion is { } deletion ? new DeletionBody(deletion.By, deletion.At.ToUnixTimeMilliseconds()) : null,
        message.State?.Edit?.At.ToUnixTimeMilliseconds(), message.State?.Edit?.Concurrent ?? false,
        message.State?.Reactions is { Count: > 0 } reactions ? [.. reactions.Select(reaction => ReactionBody.For(reaction, mine))] : null,
        message.State?.IsPinned ?? false, message.State?.Thread is { } thread ? new ThreadBody(thread.Count, thread.LastSeqNo, thread.Users) : null, message.State?.ChangedSeqNo, message.Sender.User == reader ? message.ClientMsgId : null);
}

/// <summary>What stands in the thread that a message began.</summary>
internal sealed record ThreadBody(int Count, SeqNo LastSeqNo, IReadOnlyList<UserId> UserIds);

/// <summary>Who deleted a message, and when.</summary>
internal sealed record DeletionBody(UserId By, long At);

/// <summary>An emoji on a message.</summary>
internal sealed record ReactionBody(
    string Emoji, int Count, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Mine, IReadOnlyList<UserId> UserIds)
{
    public static ReactionBody For(MessageReaction reaction, IReadOnlyList<string>? mine) =>
        new(reaction.Emoji, reaction.Count, mine?.Contains(reaction.Emoji) is true, reaction.Users);
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

using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>Who has reacted to a message: a part of all.</summary>
/// <param name="Reactions">At most 200.</param>
/// <param name="Next">Where the next part begins; null if there is none.</param>
public sealed record ReactionPage(IReadOnlyList<ReactionOf> Reactions, string? Next = null);

/// <summary>That a user has set an emoji on a message.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Emoji">One emoji.</param>
/// <param name="SeqNo">Of the entry that set it.</param>
public sealed record ReactionOf(string UserId, string Emoji, long SeqNo);

/// <summary>A text that a message has had: the first one, or an edit's.</summary>
/// <param name="MessageId">Of the message, or of the edit.</param>
/// <param name="SeqNo">Likewise.</param>
/// <param name="SenderId">Who wrote it.</param>
/// <param name="Timestamp">When, by the server's clock.</param>
/// <param name="Text">The whole text.</param>
/// <param name="Concurrent">It was written without having seen the edit before it.</param>
public sealed record MessageText(
    string MessageId, long SeqNo, string SenderId, [property: JsonConverter(typeof(UnixMilliseconds))] DateTimeOffset Timestamp, string Text,
    bool Concurrent = false);

/// <summary>The messages that began threads, the one that was written to last first: a part of all.</summary>
/// <param name="Threads">Deleted ones as their places. There may be none before the end.</param>
/// <param name="Next">Where the next part begins; null if there is none.</param>
public sealed record ThreadList(IReadOnlyList<Message> Threads, string? Next = null);

/// <summary>A page of a thread, ascending, without the message that began it.</summary>
/// <param name="Messages">Ascending.</param>
/// <param name="NextAfter">Upwards: it continues above this; null at the end.</param>
/// <param name="NextBefore">Downwards: it continues below this; null at the end.</param>
public sealed record ThreadPage(IReadOnlyList<Message> Messages, long? NextAfter = null, long? NextBefore = null);

internal sealed record EditList(IReadOnlyList<MessageText> Edits);

internal sealed record PinList(IReadOnlyList<Message> Messages, string? Next = null);

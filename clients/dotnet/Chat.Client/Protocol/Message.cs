using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A message as the server's log holds it.</summary>
/// <param name="MessageId">The server's id.</param>
/// <param name="ConversationId"><c>dm:{a}:{b}</c> or <c>g:</c> and 32 hex digits.</param>
/// <param name="SeqNo">Its place in the conversation, from 1, below 2^53: the one order of messages. Numbers can be missing.</param>
/// <param name="SenderId">The user who wrote it.</param>
/// <param name="Text">At most 16 KiB of UTF-8.</param>
/// <param name="Timestamp">The server's time, to the millisecond; for display only, never for order.</param>
/// <param name="ReplyTo">The <see cref="MessageId"/> that this one answers, of the same conversation.</param>
/// <param name="ClientMsgId">The attempt's name; there on the user's own messages only.</param>
public sealed record Message(
    string MessageId, string ConversationId, long SeqNo, string SenderId, string Text,
    [property: JsonConverter(typeof(UnixMilliseconds))] DateTimeOffset Timestamp, string? ReplyTo = null, string? ClientMsgId = null);

using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A message as the server's log holds it: what it says, and where it stands.</summary>
public sealed record Message : MessageContent
{
    /// <summary>An empty one, for an initializer.</summary>
    public Message()
    {
    }

    /// <summary>One that says this.</summary>
    public Message(MessageContent content) : base(content)
    {
    }

    /// <summary>The server's id.</summary>
    public required string MessageId { get; init; }

    /// <summary><c>dm:{a}:{b}</c> or <c>g:</c> and 32 hex digits.</summary>
    public required string ConversationId { get; init; }

    /// <summary>Its number in the conversation, from 1, below 2^53: the one order of messages. Numbers can be missing.</summary>
    public required long SeqNo { get; init; }

    /// <summary>The user who wrote it.</summary>
    public required string SenderId { get; init; }

    /// <summary>The server's time, to the millisecond; for display only, never for order.</summary>
    [JsonConverter(typeof(UnixMilliseconds))]
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>The sender's name for the attempt; there on the user's own messages only.</summary>
    public string? ClientMsgId { get; init; }
}

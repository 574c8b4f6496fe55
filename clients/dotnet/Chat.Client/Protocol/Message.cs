using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A message in its present state: what it says, where it stands in the server's log, and what later entries of the log have made of it.</summary>
public sealed record Message : MessageState
{
    /// <summary>An empty one, for an initializer.</summary>
    public Message()
    {
    }

    /// <summary>One that says this.</summary>
    public Message(MessageContent content) : base(content)
    {
    }

    /// <summary>One in this state.</summary>
    internal Message(MessageState state) : base(state)
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

    /// <summary>The message that began the thread it stands in; null if it is in none.</summary>
    internal MessageTarget? ThreadRoot => ThreadId is { } id && ThreadSeqNo is { } seqNo ? new MessageTarget(id, seqNo) : null;
}

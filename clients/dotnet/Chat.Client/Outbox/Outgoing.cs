using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A message that is in the outbox: safe, and not yet in the log.</summary>
public sealed record Outgoing : MessageContent
{
    /// <summary>An empty one, for an initializer.</summary>
    public Outgoing()
    {
    }

    /// <summary>One that says this.</summary>
    public Outgoing(MessageContent content) : base(content)
    {
    }

    /// <summary>Names it, for all its tries.</summary>
    public required string ClientMsgId { get; init; }

    /// <summary>Where it goes.</summary>
    public required string ConversationId { get; init; }

    /// <summary>When it was taken, by this side's clock.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>How it stands.</summary>
    public OutgoingState State { get; init; }

    /// <summary>Why it failed, where it has.</summary>
    public OutgoingError? Error { get; init; }
}

/// <summary>How an outbox message stands.</summary>
[JsonConverter(typeof(CamelCase<OutgoingState>))]
public enum OutgoingState
{
    /// <summary>It goes out by itself: when there is a connection, and its turn comes.</summary>
    Waiting,

    /// <summary>It is under way.</summary>
    Sending,

    /// <summary>The server refuses it. It waits for a retry, or to be discarded.</summary>
    Failed,
}

/// <summary>Why the server refuses a message.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">For people.</param>
public sealed record OutgoingError(string Code, string Message);

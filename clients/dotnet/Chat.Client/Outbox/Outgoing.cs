using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>A message that is in the outbox: safe, and not yet in the log.</summary>
/// <param name="ClientMsgId">Names it, for all its tries.</param>
/// <param name="ConversationId">Where it goes.</param>
/// <param name="Text">What it says.</param>
/// <param name="CreatedAt">When it was taken, by this side's clock.</param>
/// <param name="ReplyTo">The messageId that it answers, if any.</param>
/// <param name="State">How it stands.</param>
/// <param name="Error">Why it failed, where it has.</param>
public sealed record Outgoing(
    string ClientMsgId, string ConversationId, string Text, DateTimeOffset CreatedAt, string? ReplyTo = null, OutgoingState State = OutgoingState.Waiting,
    OutgoingError? Error = null);

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

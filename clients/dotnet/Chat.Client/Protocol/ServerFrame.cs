using System.Text.Json;

namespace Chat.Client;

/// <summary>What the server says on a live connection, whichever door it comes through.</summary>
internal abstract record ServerFrame;

internal sealed record Welcome(string UserId, string DeviceId, string Epoch) : ServerFrame;

internal sealed record MessageArrived(Message Message) : ServerFrame
{
    /// <param name="json">A frame of that type.</param>
    /// <exception cref="JsonException">It lacks what a message needs.</exception>
    public static MessageArrived Parse(ReadOnlySpan<byte> json)
    {
        var message = JsonSerializer.Deserialize(json, ChatJson.Wire.Message) ?? throw new JsonException("A frame is no message.");
        // The frame's own, not the message's.
        message.UnknownProperties?.Remove("type");
        return new MessageArrived(message);
    }
}

/// <summary>An own message is durable, and this is its place.</summary>
internal sealed record SentAck(string ClientMsgId, string MessageId, string ConversationId, long SeqNo, DateTimeOffset Timestamp) : ServerFrame;

/// <summary>All of this user's messages up to a place have come that far with another; or this user has read so far on another device.</summary>
internal sealed record Receipt(string ConversationId, long SeqNo, string UserId, bool Read) : ServerFrame;

internal sealed record TypingShown(string ConversationId, string UserId, bool Active) : ServerFrame;

internal sealed record PresenceShown(string UserId, bool Online, DateTimeOffset? LastSeen) : ServerFrame;

internal sealed record Advanced(string ConversationId, long MaxSeqNo) : ServerFrame;

/// <param name="ConversationId">The group.</param>
/// <param name="Change"><c>created</c>, <c>titleChanged</c>, <c>memberAdded</c>, <c>memberRemoved</c>, <c>roleChanged</c>, or something newer.</param>
/// <param name="UserId">Whom it is about, if anybody.</param>
internal sealed record ConversationChanged(string ConversationId, string Change, string? UserId) : ServerFrame;

internal sealed record CaughtUp : ServerFrame;

internal sealed record Resync : ServerFrame;

internal sealed record GoAway(TimeSpan After) : ServerFrame;

/// <summary>An answer that says only that the connection lives: <c>pong</c>, <c>authenticated</c>.</summary>
internal sealed record Alive : ServerFrame;

/// <summary>A refusal; of a message where it names one.</summary>
internal sealed record Refusal(string Code, string Text, string? ClientMsgId, TimeSpan? RetryAfter) : ServerFrame;

using System.Text.Json;

namespace Chat.Client;

/// <summary>A frame from the server, over whichever transport.</summary>
internal abstract record ServerFrame;

internal sealed record Welcome(string UserId, string DeviceId, string Epoch) : ServerFrame;

internal sealed record MessageArrived(Message Message) : ServerFrame
{
    /// <param name="json">A frame of that type.</param>
    /// <exception cref="JsonException">It lacks what a message needs.</exception>
    public static MessageArrived Parse(ReadOnlySpan<byte> json)
    {
        var message = JsonSerializer.Deserialize(json, ChatJson.Wire.Message) ?? throw new JsonException("A frame is no message.");
        // A property of the frame, not of the message.
        message.UnknownProperties?.Remove("type");
        return new MessageArrived(message);
    }
}

/// <summary>A message was changed, perhaps one that is not here.</summary>
internal sealed record ChangeArrived(MessageChange Change) : ServerFrame;

/// <summary>The ack of an own message or change: it is durable and has this seqNo.</summary>
internal sealed record SentAck(string ClientMsgId, string MessageId, string ConversationId, long SeqNo, DateTimeOffset Timestamp) : ServerFrame;

/// <summary>This user has received or read all messages up to seqNo; of the own user: has read them on another device.</summary>
internal sealed record Receipt(string ConversationId, long SeqNo, string UserId, bool Read) : ServerFrame;

internal sealed record TypingShown(string ConversationId, string UserId, bool Active) : ServerFrame;

internal sealed record PresenceShown(string UserId, bool Online, DateTimeOffset? LastSeen) : ServerFrame;

internal sealed record Advanced(string ConversationId, long MaxSeqNo) : ServerFrame;

/// <summary>A group, or its members, have changed.</summary>
/// <param name="ConversationId">The group.</param>
/// <param name="Change"><c>created</c>, <c>titleChanged</c>, <c>memberAdded</c>, <c>memberRemoved</c>, <c>roleChanged</c>, or something newer.</param>
/// <param name="UserId">The member it concerns, if any.</param>
internal sealed record ConversationChanged(string ConversationId, string Change, string? UserId) : ServerFrame;

/// <summary>The user has changed its own settings of a conversation, on this device or another one.</summary>
/// <param name="ConversationId">Which.</param>
/// <param name="Settings">What changed.</param>
internal sealed record SettingsChanged(string ConversationId, OwnSettings Settings) : ServerFrame;

internal sealed record CaughtUp : ServerFrame;

internal sealed record Resync : ServerFrame;

internal sealed record GoAway(TimeSpan After) : ServerFrame;

/// <summary>An answer that only shows that the connection works: <c>pong</c>, <c>authenticated</c>.</summary>
internal sealed record Alive : ServerFrame;

/// <summary>An <c>error</c> frame; of a message or change if it names one.</summary>
internal sealed record Refusal(string Code, string Text, string? ClientMsgId, TimeSpan? RetryAfter) : ServerFrame;

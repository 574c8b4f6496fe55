using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>What a client says on a live connection. On /ws the type stands in the frame; on the hub it is the method.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SendFrame), "message")]
[JsonDerivedType(typeof(AckFrame), "ack")]
[JsonDerivedType(typeof(TypingFrame), "typing")]
[JsonDerivedType(typeof(PresenceFrame), "presence")]
[JsonDerivedType(typeof(AuthFrame), "auth")]
[JsonDerivedType(typeof(PingFrame), "ping")]
internal abstract record ClientFrame;

internal sealed record SendFrame(string To, string Text, string ClientMsgId, string? ReplyTo) : ClientFrame;

/// <summary>The status is one of <see cref="AckStatus"/>.</summary>
internal sealed record AckFrame(string ConversationId, long SeqNo, string Status) : ClientFrame;

internal sealed record TypingFrame(string ConversationId, bool Active) : ClientFrame;

internal sealed record PresenceFrame(IReadOnlyCollection<string>? Subscribe, IReadOnlyCollection<string>? Unsubscribe) : ClientFrame;

internal sealed record AuthFrame(string Token) : ClientFrame
{
    // A record's own would tell the token.
    public override string ToString() => nameof(AuthFrame);
}

internal sealed record PingFrame : ClientFrame;

internal static class AckStatus
{
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Sent = "sent";
}

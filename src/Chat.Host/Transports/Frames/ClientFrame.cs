using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>What a client says, well-formed and with its ids read; whether it may is for the modules to say.</summary>
internal abstract record ClientFrame;

/// <summary><c>LastSeen</c> is what the client has of the conversation; null where it says nothing of it.</summary>
internal sealed record MessageFrame(ConversationId To, MessageContent Content, string ClientMsgId, SeqNo? LastSeen) : ClientFrame;

internal sealed record AckPlaceFrame(ConversationId Conversation, SeqNo SeqNo, AckStatus Status) : ClientFrame;

internal sealed record AckMessageFrame(MessageId Message, AckStatus Status) : ClientFrame;

internal sealed record TypingFrame(ConversationId Conversation, bool Active) : ClientFrame;

/// <summary><c>Limit</c> is 1 to the largest page.</summary>
internal sealed record SyncFrame(ConversationId Conversation, SeqNo After, int Limit) : ClientFrame;

internal sealed record PresenceFrame(IReadOnlyList<UserId> Subscribe, IReadOnlyList<UserId> Unsubscribe) : ClientFrame;

internal sealed record AuthFrame(string Token) : ClientFrame;

internal sealed record PingFrame : ClientFrame;

/// <summary>A <see cref="ClientFrame"/> by its <c>type</c>, or by the name of the hub's method.</summary>
internal enum ClientFrameType
{
    Message,
    Ack,
    Typing,
    Sync,
    Presence,
    Auth,
    Ping,
}

/// <summary>A frame, or why it is none.</summary>
/// <param name="Frame">Null where there is a refusal.</param>
/// <param name="Refusal">Null where there is a frame.</param>
/// <param name="ClientMsgId">The attempt that a refused frame named, where it did so in a well-formed way.</param>
internal readonly record struct ParsedFrame(ClientFrame? Frame, Error? Refusal, string? ClientMsgId = null)
{
    public static ParsedFrame Refused(Error refusal, string? clientMsgId = null) => new(null, refusal, clientMsgId);
}

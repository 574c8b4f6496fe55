using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>The first frame of a connection.</summary>
internal sealed class Welcome(DeviceAddress device, DateTimeOffset serverTime, string epoch) : ServerEvent
{
    public DeviceAddress Device => device;

    public DateTimeOffset ServerTime => serverTime;

    public string Epoch => epoch;
}

/// <summary>A sender's message is durable.</summary>
internal sealed class SentAck(SentMessage sent, string clientMsgId) : ServerEvent
{
    public SentMessage Sent => sent;

    public string ClientMsgId => clientMsgId;
}

/// <summary>A page of history, for this user's eyes.</summary>
internal sealed class PageAnswer(MessagePage page, UserId reader) : ServerEvent
{
    public MessagePage Page => page;

    /// <summary>Whose own messages carry their <c>clientMsgId</c>.</summary>
    public UserId Reader => reader;

    public override int Size { get; } = 256 + page.Messages.Sum(message => message.MaxJsonBytes());
}

internal sealed class Authenticated(DateTimeOffset expiresAt) : ServerEvent
{
    public DateTimeOffset ExpiresAt => expiresAt;
}

internal sealed class Pong : ServerEvent;

/// <summary>A refusal.</summary>
internal sealed class ErrorAnswer(Error error, string? clientMsgId = null) : ServerEvent
{
    public Error Error => error;

    /// <summary>The attempt that was refused; null where the frame named none.</summary>
    public string? ClientMsgId => clientMsgId;
}

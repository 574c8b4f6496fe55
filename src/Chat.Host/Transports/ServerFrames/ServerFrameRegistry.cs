using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Collections.Frozen;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>Every frame that the server sends, for all transports.</summary>
internal static class ServerFrameRegistry
{
    private static readonly ServerFrameSpec[] Specs =
    [
        ServerFrameSpec.Of<MessageEvent, MessageFrame>(),
        ServerFrameSpec.Of<ChangeEvent, ChangeFrame>(),
        ServerFrameSpec.Of<SentAck, SentAckFrame>(),
        ServerFrameSpec.Of<ReceiptEvent, ReceiptFrame>(),
        ServerFrameSpec.Of<TypingEvent, TypingFrame>(),
        ServerFrameSpec.Of<PresenceEvent, PresenceFrame>(),
        ServerFrameSpec.Of<AdvancedEvent, AdvancedFrame>(),
        ServerFrameSpec.Of<ConversationEvent, ConversationFrame>(),
        ServerFrameSpec.Of<OwnSettingsEvent, SettingsFrame>(),
        ServerFrameSpec.Of<CaughtUpEvent, CaughtUpFrame>(),
        ServerFrameSpec.Of<ResyncEvent, ResyncFrame>(),
        ServerFrameSpec.Of<GoAwayEvent, GoAwayFrame>(),
        ServerFrameSpec.Of<Welcome, WelcomeFrame>(),
        ServerFrameSpec.Of<PageAnswer, PageFrame>(),
        ServerFrameSpec.Of<Authenticated, AuthenticatedFrame>(),
        ServerFrameSpec.Of<Pong, PongFrame>(),
        ServerFrameSpec.Of<ErrorAnswer, ErrorFrame>(),
    ];

    private static readonly FrozenDictionary<Type, ServerFrameSpec> ByEvent = Specs.ToFrozenDictionary(spec => spec.Event);

    public static IReadOnlyList<ServerFrameSpec> All => Specs;

    /// <exception cref="ArgumentException">The event is registered as no frame.</exception>
    public static ServerFrameSpec Of(ServerEvent @event) => ByEvent.TryGetValue(@event.GetType(), out var spec)
        ? spec
        : throw new ArgumentException($"{@event.GetType().Name} is no frame.", nameof(@event));
}

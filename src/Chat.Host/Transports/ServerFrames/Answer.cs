using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>What is said to one connection alone.</summary>
internal abstract class Answer : ServerEvent
{
    public sealed override bool HasOneReceiver => true;
}

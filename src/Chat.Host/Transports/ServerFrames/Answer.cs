using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>What is said to one connection alone, so that its encoding need not be kept for others.</summary>
internal abstract class Answer : ServerEvent;

using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>Only queues the message: the sender's ack does not wait for the fan-out.</summary>
internal sealed class FanOutOnMessageAppended(FanOutQueue queue) : IEventHandler<MessageAppended>
{
    public Task Handle(MessageAppended notification, CancellationToken cancellationToken)
    {
        queue.Offer(notification);
        return Task.CompletedTask;
    }
}

using MediatR;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>MediatR's mediator, but for events: every handler runs, in order, and one that throws is logged and stops nobody.</summary>
internal sealed partial class ChatMediator(ServiceFactory services, ILogger<ChatMediator> log) : Mediator(services)
{
    // The sequence is lazy: each step calls the next handler, which may throw before its task exists.
    protected override async Task PublishCore(IEnumerable<Task> allHandlers)
    {
        using var handlers = allHandlers.GetEnumerator();
        for (var more = true; more;)
        {
            try
            {
                more = handlers.MoveNext();
                if (more)
                    await handlers.Current;
            }
            catch (Exception e)
            {
                SubscriberFailed(log, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A subscriber of an event failed; the others ran on")]
    private static partial void SubscriberFailed(ILogger log, Exception e);
}

using System.Runtime.ExceptionServices;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>MediatR's mediator, but for events: every handler runs, in order, though others throw; the first exception then goes to the publisher, and all are logged.</summary>
internal sealed class ChatMediator(ServiceFactory services, ILogger<ChatMediator> log) : Mediator(services)
{
    // The sequence is lazy: each step calls the next handler, which may throw before its task exists.
    protected override async Task PublishCore(IEnumerable<Task> allHandlers)
    {
        using var handlers = allHandlers.GetEnumerator();
        ExceptionDispatchInfo? first = null;
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
                log.SubscriberFailed(e);
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }
        first?.Throw();
    }
}

using System.Runtime.ExceptionServices;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Where requests of one type go.</summary>
internal abstract class RequestRoute<TResponse>
{
    public abstract Task<TResponse> Send(IRequest<TResponse> request, CancellationToken ct);
}

internal sealed class RequestRoute<TRequest, TResponse>(
    IRequestHandler<TRequest, TResponse> handler, IEnumerable<IPipelineBehavior<TRequest, TResponse>> behaviours)
    : RequestRoute<TResponse> where TRequest : IRequest<TResponse>
{
    private readonly IPipelineBehavior<TRequest, TResponse>[] _behaviours = [.. behaviours];

    public override Task<TResponse> Send(IRequest<TResponse> request, CancellationToken ct) =>
        _behaviours.Length == 0 ? Handle((TRequest)request, ct) : new Run(this, (TRequest)request, ct).Next();

    private Task<TResponse> Handle(TRequest request, CancellationToken ct) => handler.Handle(request, ct);

    // One request on its way through the behaviours, each of which calls the next at most once.
    private sealed class Run
    {
        private readonly RequestRoute<TRequest, TResponse> _route;
        private readonly TRequest _request;
        private readonly CancellationToken _ct;
        private readonly RequestHandlerDelegate<TResponse> _next;
        private int _passed;

        public Run(RequestRoute<TRequest, TResponse> route, TRequest request, CancellationToken ct)
        {
            (_route, _request, _ct) = (route, request, ct);
            _next = Next;
        }

        public Task<TResponse> Next() => _passed < _route._behaviours.Length
            ? _route._behaviours[_passed++].Handle(_request, _ct, _next)
            : _route.Handle(_request, _ct);
    }
}

/// <summary>Where events of one type go.</summary>
internal abstract class EventRoute
{
    public abstract Task Publish(object happened, CancellationToken ct);
}

internal sealed class EventRoute<TEvent>(IEnumerable<INotificationHandler<TEvent>> handlers, ILogger log) : EventRoute where TEvent : INotification
{
    private readonly INotificationHandler<TEvent>[] _handlers = [.. handlers];

    public override async Task Publish(object happened, CancellationToken ct)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var handler in _handlers)
        {
            try
            {
                await handler.Handle((TEvent)happened, ct);
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

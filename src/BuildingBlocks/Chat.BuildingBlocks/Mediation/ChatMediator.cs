using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>
/// MediatR's mediator for handlers that are singletons: a request's or event's handlers are looked up once, and a call allocates next to nothing
/// (MediatR's own asks the container each time, and makes about a kilobyte of closures for a command). Of an event every handler runs, in order,
/// though others throw; the first exception then goes to the publisher, and all are logged.
/// </summary>
internal sealed class ChatMediator(IServiceProvider services, ILogger<ChatMediator> log) : IMediator
{
    // One for each type of request and event.
    private readonly ConcurrentDictionary<Type, object> _routes = new();

    public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default)
    {
        var type = request.GetType();
        var route = _routes.TryGetValue(type, out var known)
            ? known
            : _routes.GetOrAdd(type, ActivatorUtilities.CreateInstance(services, typeof(RequestRoute<,>).MakeGenericType(type, typeof(TResponse))));
        return ((RequestRoute<TResponse>)route).Send(request, cancellationToken);
    }

    public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default) where TNotification : INotification =>
        Publish((object)notification, cancellationToken);

    public Task Publish(object notification, CancellationToken cancellationToken = default)
    {
        var type = notification.GetType();
        var route = _routes.TryGetValue(type, out var known)
            ? known
            : _routes.GetOrAdd(type, ActivatorUtilities.CreateInstance(services, typeof(EventRoute<>).MakeGenericType(type), (ILogger)log));
        return ((EventRoute)route).Publish(notification, cancellationToken);
    }
}

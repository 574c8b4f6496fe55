using Chat.BuildingBlocks.Errors;
using MediatR;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>A command: it changes something, or is refused. Has one handler.</summary>
public interface ICommand<T> : IRequest<Result<T>>;

/// <summary>A query: it changes nothing. Has one handler. A query that can be refused answers with a <see cref="Result{T}"/>.</summary>
public interface IQuery<out T> : IRequest<T>;

/// <summary>
/// An event: something that happened. Has any number of handlers, and all of them run. If one fails, <c>Publish</c> throws after all have run; then the
/// publisher raises the event again, or its command fails (docs/adr/0007-events-that-fail.md).
/// </summary>
public interface IEvent : INotification;

public interface ICommandHandler<in TCommand, T> : IRequestHandler<TCommand, Result<T>> where TCommand : ICommand<T>;

public interface IQueryHandler<in TQuery, T> : IRequestHandler<TQuery, T> where TQuery : IQuery<T>;

public interface IEventHandler<in TEvent> : INotificationHandler<TEvent> where TEvent : IEvent;

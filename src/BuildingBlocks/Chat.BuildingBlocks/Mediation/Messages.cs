using Chat.BuildingBlocks.Errors;
using MediatR;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Changes something, or is refused. One handler.</summary>
public interface ICommand<T> : IRequest<Result<T>>;

/// <summary>Asks and changes nothing. One handler; a query that can be refused has a <see cref="Result{T}"/> as its answer.</summary>
public interface IQuery<out T> : IRequest<T>;

/// <summary>
/// Something that happened. Any number of handlers, and all of them run. Where one fails, <c>Publish</c> throws once all have run: the
/// publisher raises the event again, or its command is answered as failed (docs/adr/0007-events-that-fail.md).
/// </summary>
public interface IEvent : INotification;

public interface ICommandHandler<in TCommand, T> : IRequestHandler<TCommand, Result<T>> where TCommand : ICommand<T>;

public interface IQueryHandler<in TQuery, T> : IRequestHandler<TQuery, T> where TQuery : IQuery<T>;

public interface IEventHandler<in TEvent> : INotificationHandler<TEvent> where TEvent : IEvent;

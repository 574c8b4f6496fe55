using System.Collections.Concurrent;
using MediatR;

namespace Chat.Testing;

/// <summary>Stands for the other modules: answers their queries as told, and keeps the events published.</summary>
public sealed class FakeMediator : IMediator
{
    private readonly ConcurrentDictionary<Type, Func<object, object?>> _answers = new();
    private readonly ConcurrentQueue<INotification> _published = new();

    private Exception? _failure;

    public IReadOnlyList<INotification> Published => [.. _published];

    public FakeMediator Answer<TRequest, TResponse>(Func<TRequest, TResponse> answer) where TRequest : IRequest<TResponse>
    {
        _answers[typeof(TRequest)] = request => answer((TRequest)request);
        return this;
    }

    /// <summary>Answers when the task has ended.</summary>
    public FakeMediator AnswerLater<TRequest, TResponse>(Func<TRequest, Task<TResponse>> answer) where TRequest : IRequest<TResponse>
    {
        _answers[typeof(TRequest)] = request => answer((TRequest)request);
        return this;
    }

    /// <summary>A subscriber of the next event fails; that event is not kept.</summary>
    public void FailNextEvent() => _failure = new InvalidOperationException("A subscriber has failed.");

    public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) =>
        _answers.TryGetValue(request.GetType(), out var answer)
            ? answer(request) is var answered && answered is Task<TResponse> later ? later : Task.FromResult((TResponse)answered!)
            : throw new InvalidOperationException($"The test says no answer to {request.GetType().Name}.");

    public Task Publish(object notification, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _failure, null) is { } failure)
            return Task.FromException(failure);
        _published.Enqueue((INotification)notification);
        return Task.CompletedTask;
    }

    public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default)
        where TNotification : INotification => Publish((object)notification, cancellationToken);
}

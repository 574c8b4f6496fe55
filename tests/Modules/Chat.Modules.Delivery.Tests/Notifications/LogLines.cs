using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>What was logged.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int EventId, IReadOnlyList<KeyValuePair<string, object?>> Values)> _lines = new();

    /// <summary>The named values of each line of an event, in order.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> Of(int eventId) =>
        [.. _lines.Where(line => line.EventId == eventId).Select(line => line.Values.ToDictionary(value => value.Key, value => value.Value))];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, state as IReadOnlyList<KeyValuePair<string, object?>> ?? []));

    public void Dispose()
    {
    }
}

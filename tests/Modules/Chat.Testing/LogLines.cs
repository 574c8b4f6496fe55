using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Chat.Testing;

/// <summary>What is logged, as an operator reads it; Debug is off.</summary>
public sealed class LogLines : ILoggerFactory, ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Event, string Text, IReadOnlyList<KeyValuePair<string, object?>> Values)> _lines = new();

    public IReadOnlyList<string> All => [.. _lines.Select(line => line.Text)];

    /// <summary>The lines of an event.</summary>
    public IReadOnlyList<string> Of(int eventId) => [.. _lines.Where(line => line.Event == eventId).Select(line => line.Text)];

    /// <summary>The named values of each line of an event.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> ValuesOf(int eventId) =>
        [.. _lines.Where(line => line.Event == eventId).Select(line => line.Values.ToDictionary(value => value.Key, value => value.Value))];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            _lines.Enqueue((eventId.Id, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>> ?? []));
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}

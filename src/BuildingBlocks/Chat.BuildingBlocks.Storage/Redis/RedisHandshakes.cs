using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>Listens to what the client library reports while it connects, for what Redis says when it refuses that: the library's exceptions do not have it.</summary>
internal sealed class RedisHandshakes : ILoggerFactory, ILogger
{
    private volatile string? _refused;

    /// <summary>What Redis refused last, in its own words; null since <see cref="Forget"/>. It may be something that the library does without.</summary>
    public string? Refused => _refused;

    public void Forget() => _refused = null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (RedisRefusal.FindIn(formatter(state, exception)) is { } refused)
            _refused = refused;
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}

using System.Collections.Concurrent;

namespace Chat.Host.Operations;

/// <summary>
/// One logger for each category. Serilog's factory makes one at each call, and SignalR asks for three for each connection, which were 2 KiB of it.
/// </summary>
/// <remarks>Categories are the names of types: what clients send makes none.</remarks>
internal sealed class KeptLoggers(ILoggerFactory factory) : ILoggerFactory
{
    private readonly ConcurrentDictionary<string, ILogger> _loggers = new();

    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, factory.CreateLogger);

    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    public void Dispose() => factory.Dispose();
}

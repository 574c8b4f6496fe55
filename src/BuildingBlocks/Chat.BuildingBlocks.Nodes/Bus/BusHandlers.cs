using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>The handlers by their topics, looked up when the first is needed: they need the bus themselves.</summary>
internal sealed class BusHandlers(IServiceProvider services)
{
    private readonly Lazy<Dictionary<string, IBusHandler>> _handlers =
        new(() => services.GetServices<IBusHandler>().ToDictionary(handler => handler.Topic, StringComparer.Ordinal));

    /// <summary>Null for a topic that nobody here handles.</summary>
    public IBusHandler? Find(ReadOnlySpan<byte> topic)
    {
        Span<char> name = stackalloc char[Batch.MaxTopicBytes];
        if (topic.Length > name.Length)
            return null;
        var length = Encoding.ASCII.GetChars(topic, name);
        return _handlers.Value.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var handler) ? handler : null;
    }
}

using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>Frames as maps without their <c>type</c>: what the hub writes as MessagePack.</summary>
internal static class FrameMap
{
    public static Dictionary<string, object?> Encode(ServerEvent @event)
    {
        var fields = new MapFields([]);
        ServerFrameRegistry.Of(@event).Write(@event, ref fields);
        return fields.Map;
    }
}

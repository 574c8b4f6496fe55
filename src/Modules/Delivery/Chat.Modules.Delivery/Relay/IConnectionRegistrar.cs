using Chat.Modules.Delivery.Connections;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Opens this node's connections, and makes them known to the other nodes.</summary>
internal interface IConnectionRegistrar
{
    /// <summary>Opens a connection. Its drain begins when the other nodes know of it, so that each message is either in the drain or pushed.</summary>
    void Open(DeviceConnection connection);

    /// <summary>The connection has ended.</summary>
    void Ended(DeviceConnection connection);
}

using Chat.Modules.Delivery.Connections;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Of a server by itself: no other node is to know, so the drain begins at once.</summary>
internal sealed class EmbeddedConnectionRegistrar : IConnectionRegistrar
{
    public void Open(DeviceConnection connection) => connection.Open();

    public void Ended(DeviceConnection connection)
    {
    }
}

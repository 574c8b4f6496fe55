using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>The connection was too slow: it begins its drain again.</summary>
internal readonly struct ResyncFrame : IServerFrame<ResyncEvent>
{
    public static string Type => "resync";

    public void WriteTo<TWriter>(ResyncEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
    }
}

using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>Everything that waited for the device has been sent.</summary>
internal readonly struct CaughtUpFrame : IServerFrame<CaughtUpEvent>
{
    public static string Type => "caughtUp";

    public void WriteTo<TWriter>(CaughtUpEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
    }
}

using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A message of the log.</summary>
internal readonly struct MessageFrame : IServerFrame<MessageEvent>
{
    public static string Type => "message";

    public void WriteTo<TWriter>(MessageEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        new MessageFields(e.ToSender ? e.Message.Sender.User : null).WriteTo(e.Message, ref fields);
    }
}

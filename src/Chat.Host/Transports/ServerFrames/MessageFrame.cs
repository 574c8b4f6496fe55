using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A message of the log.</summary>
internal readonly struct MessageFrame : IServerFrame<MessageEvent>
{
    public static string Type => "message";

    public void WriteTo<TWriter>(MessageEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        var mine = e.Mine.Count == 0 ? null : new Dictionary<SeqNo, IReadOnlyList<string>> { [e.Message.SeqNo] = e.Mine };
        new MessageFields(e.ToSender ? e.Message.Sender.User : null, mine).WriteTo(e.Message, ref fields);
    }
}

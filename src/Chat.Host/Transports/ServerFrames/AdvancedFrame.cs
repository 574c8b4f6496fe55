using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A large conversation has new messages.</summary>
internal readonly struct AdvancedFrame : IServerFrame<AdvancedEvent>
{
    public static string Type => "advanced";

    public void WriteTo<TWriter>(AdvancedEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Conversation.Value);
        fields.Number(FieldNames.MaxSeqNo, e.MaxSeqNo.Value);
    }
}

using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>How far another user, or another device of this one, has got.</summary>
internal readonly struct ReceiptFrame : IServerFrame<ReceiptEvent>
{
    public static string Type => "ack";

    public void WriteTo<TWriter>(ReceiptEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ConversationId, e.Conversation.Value);
        fields.Id(FieldNames.MessageId, e.Message.Value);
        fields.Number(FieldNames.SeqNo, e.SeqNo.Value);
        fields.Text(FieldNames.UserId, e.User.Value);
        fields.Text(FieldNames.Status, e.Status == AckStatus.Read ? "read" : "delivered");
    }
}

using Chat.Host.Transports.Frames;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>A sender's message is durable.</summary>
internal sealed class SentAck(SentMessage sent, string clientMsgId) : Answer
{
    public SentMessage Sent => sent;

    public string ClientMsgId => clientMsgId;
}

/// <summary>The ack of a send.</summary>
internal readonly struct SentAckFrame : IServerFrame<SentAck>
{
    public static string Type => "ack";

    public void WriteTo<TWriter>(SentAck e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.ClientMsgId, e.ClientMsgId);
        fields.Id(FieldNames.MessageId, e.Sent.Id.Value);
        fields.Text(FieldNames.ConversationId, e.Sent.Conversation.Value);
        fields.Number(FieldNames.SeqNo, e.Sent.SeqNo.Value);
        fields.Number(FieldNames.Timestamp, e.Sent.Timestamp.ToUnixTimeMilliseconds());
        fields.Text(FieldNames.Status, "sent");
    }
}

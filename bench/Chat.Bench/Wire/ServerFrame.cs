using System.Text.Json;

namespace Chat.Bench.Wire;

internal enum FrameType { Other, Ack, Message, CaughtUp, Resync, GoAway, Error }

internal enum AckStatus { None, Sent, Delivered, Read }

/// <summary>What the generator needs of a frame from the server. Spans point into the frame; strings the generator reads hold no escapes.</summary>
internal ref struct ServerFrame
{
    public FrameType Type { get; private set; }
    public AckStatus Status { get; private set; }
    public long SeqNo { get; private set; }
    public ReadOnlySpan<byte> ClientMsgId { get; private set; }
    public ReadOnlySpan<byte> ConversationId { get; private set; }
    public ReadOnlySpan<byte> Text { get; private set; }
    public ReadOnlySpan<byte> Code { get; private set; }

    public static ServerFrame Parse(ReadOnlySpan<byte> json)
    {
        var frame = new ServerFrame();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    frame.Take(name, reader.ValueSpan);
                    break;
                case JsonTokenType.Number when name.SequenceEqual("seqNo"u8):
                    frame.SeqNo = reader.GetInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return frame;
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("type"u8))
            Type = TypeOf(value);
        else if (name.SequenceEqual("clientMsgId"u8))
            ClientMsgId = value;
        else if (name.SequenceEqual("conversationId"u8))
            ConversationId = value;
        else if (name.SequenceEqual("text"u8))
            Text = value;
        else if (name.SequenceEqual("status"u8))
            Status = StatusOf(value);
        else if (name.SequenceEqual("code"u8))
            Code = value;
    }

    private static FrameType TypeOf(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("ack"u8) ? FrameType.Ack
        : value.SequenceEqual("message"u8) ? FrameType.Message
        : value.SequenceEqual("caughtUp"u8) ? FrameType.CaughtUp
        : value.SequenceEqual("resync"u8) ? FrameType.Resync
        : value.SequenceEqual("goAway"u8) ? FrameType.GoAway
        : value.SequenceEqual("error"u8) ? FrameType.Error
        : FrameType.Other;

    private static AckStatus StatusOf(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("sent"u8) ? AckStatus.Sent
        : value.SequenceEqual("delivered"u8) ? AckStatus.Delivered
        : value.SequenceEqual("read"u8) ? AckStatus.Read
        : AckStatus.None;
}

using System.Text.Json;

namespace Chat.Bench.Wire;

internal enum FrameType { Other, Ack, Message, CaughtUp, Resync, GoAway, Error, Advanced, Page, Change }

internal enum AckStatus { None, Sent, Delivered, Read }

/// <summary>What the generator needs of a frame from the server. Spans point into the frame; strings the generator reads hold no escapes.</summary>
internal ref struct ServerFrame
{
    public FrameType Type { get; set; }
    public AckStatus Status { get; set; }
    public long SeqNo { get; set; }
    public ReadOnlySpan<byte> ClientMsgId { get; set; }
    public ReadOnlySpan<byte> ConversationId { get; private set; }
    public ReadOnlySpan<byte> Text { get; set; }
    public ReadOnlySpan<byte> Code { get; set; }

    public static ServerFrame Parse(ReadOnlySpan<byte> json)
    {
        var frame = new ServerFrame();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        frame.TakeFields(ref reader);
        return frame;
    }

    /// <summary>A message of SignalR: an event, the result of a call, which has its fields as the frames do, or a refusal.</summary>
    public static ServerFrame ParseHub(ReadOnlySpan<byte> json)
    {
        var frame = new ServerFrame();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("target"u8))
                frame.Type = TypeOf(reader.ValueSpan);
            else if (name.SequenceEqual("error"u8))
            {
                frame.Type = FrameType.Error;
                frame.Code = CodeIn(reader.ValueSpan);
            }
            else if (name.SequenceEqual("arguments"u8))
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                    frame.TakeFields(ref reader);
            }
            else if (name.SequenceEqual("result"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                frame.TakeFields(ref reader);
                if (frame.Status == AckStatus.Sent)
                    frame.Type = FrameType.Ack;
            }
            else
                reader.Skip();
        }

        return frame;
    }

    // Of a HubException "…HubException: code: text"; of SignalR's own errors the whole text.
    private static ReadOnlySpan<byte> CodeIn(ReadOnlySpan<byte> error)
    {
        var mark = "HubException: "u8;
        if (error.IndexOf(mark) is var at and >= 0)
            error = error[(at + mark.Length)..];
        return error.IndexOf((byte)':') is var end and >= 0 ? error[..end] : error;
    }

    private void TakeFields(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    Take(name, reader.ValueSpan);
                    break;
                case JsonTokenType.Number when name.SequenceEqual("seqNo"u8):
                    SeqNo = reader.GetInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
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
        : value.SequenceEqual("advanced"u8) ? FrameType.Advanced
        : value.SequenceEqual("page"u8) ? FrameType.Page
        : value.SequenceEqual("change"u8) ? FrameType.Change
        : FrameType.Other;

    private static AckStatus StatusOf(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("sent"u8) ? AckStatus.Sent
        : value.SequenceEqual("delivered"u8) ? AckStatus.Delivered
        : value.SequenceEqual("read"u8) ? AckStatus.Read
        : AckStatus.None;
}

using System.Buffers.Text;
using System.Text;

namespace Chat.Bench.Wire;

/// <summary>
/// An XMPP session over a WebSocket (RFC 7395), its stanzas as the frames of <c>/ws</c>: the server's stream management acks (XEP-0198) as acks <c>sent</c>,
/// receipts (XEP-0184) as acks <c>delivered</c>. There are no seqNos: a message's place among those of its sender stands for it.
/// </summary>
/// <remarks>Knows as much of XML as the stanzas need that servers send here: one element a frame, attributes in single or double quotes.</remarks>
internal sealed class XmppFrames(IFrameSink socket, string user, Action<ServerFrame> take) : IFrameHandler, IFrameSink
{
    /// <summary>Of all users; the address is only reached from this machine.</summary>
    public const string Password = "a password for load only", Domain = "localhost";

    private const string Open = $"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{Domain}' version='1.0'/>";

    private readonly Queue<byte[]> sent = new();    // under its own lock: the names of the stanzas that the server has not acked, empty for receipts
    private long acked, received;

    private static ReadOnlySpan<byte> AckRequest => "<r xmlns='urn:xmpp:sm:3'/>"u8;

    /// <summary>A message that asks for a receipt.</summary>
    public static string Message(string receiver, string id, string text) =>
        $"<message type='chat' to='{receiver}@{Domain}' id='{id}'><body>{text}</body><request xmlns='urn:xmpp:receipts'/></message>";

    public void Start()
    {
        Say(Open);
        Flush();
    }

    /// <summary>Posts a message, and asks for the server's ack of it.</summary>
    public bool Post(ReadOnlySpan<byte> payload)
    {
        lock (sent)
        {
            if (!socket.Post(payload))
                return false;
            sent.Enqueue(Attribute(payload, "id"u8).ToArray());
            socket.Post(AckRequest);
        }

        return true;
    }

    public void Flush() => socket.Flush();

    public void OnFrame(ReadOnlySpan<byte> stanza)
    {
        if (stanza.StartsWith("<message"u8))
            OnMessage(stanza);
        else if (stanza.StartsWith("<a "u8))
            OnAck(stanza);
        else if (stanza.StartsWith("<r "u8) || stanza.StartsWith("<r/"u8))
            Say($"<a xmlns='urn:xmpp:sm:3' h='{received}'/>");
        else if (stanza.StartsWith("<iq"u8) || stanza.StartsWith("<presence"u8))
            OnOther(stanza);
        else if (Has(stanza, "<mechanisms"u8))
            Say($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{Password}"))}</auth>");
        else if (stanza.StartsWith("<success"u8))
            Say(Open);
        else if (Has(stanza, "xmpp-bind"u8))
            Say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>");
        else if (stanza.StartsWith("<enabled"u8))
        {
            received = 0;       // both sides count from here
            take(new ServerFrame { Type = FrameType.CaughtUp });
        }
        else if (stanza.StartsWith("<fail"u8) || stanza.StartsWith("<stream:error"u8))
            take(new ServerFrame { Type = FrameType.Error, Code = stanza });
    }

    /// <summary>The value of the first attribute of that name; empty if there is none.</summary>
    public static ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> stanza, ReadOnlySpan<byte> name)
    {
        for (int at; (at = stanza.IndexOf(name)) >= 0; stanza = stanza[(at + name.Length)..])
        {
            var rest = stanza[(at + name.Length)..];
            if (at == 0 || stanza[at - 1] != ' ' || rest.Length < 2 || rest[0] != '=')
                continue;
            var end = rest[2..].IndexOf(rest[1]);
            return end < 0 ? default : rest.Slice(2, end);
        }

        return default;
    }

    private static bool Has(ReadOnlySpan<byte> stanza, ReadOnlySpan<byte> text) => stanza.IndexOf(text) >= 0;

    private void OnMessage(ReadOnlySpan<byte> stanza)
    {
        received++;
        var opening = stanza[..(stanza.IndexOf((byte)'>') + 1)];
        if (Attribute(opening, "type"u8).SequenceEqual("error"u8))
            take(new ServerFrame { Type = FrameType.Error, Code = "error"u8 });
        else if (stanza.IndexOf("<received"u8) is var at and >= 0)
        {
            if (Stamp.TryRead(Attribute(stanza[at..], "id"u8), out var stamp))
                take(new ServerFrame { Type = FrameType.Ack, Status = AckStatus.Delivered, SeqNo = stamp.Index + 1 });
        }
        else if (stanza.IndexOf("<body>"u8) is var body and >= 0 && Stamp.TryRead(stanza[(body + 6)..], out var message))
        {
            var (sender, id) = (Encoding.UTF8.GetString(Attribute(opening, "from"u8)), Encoding.UTF8.GetString(Attribute(opening, "id"u8)));
            lock (sent)
            {
                sent.Enqueue([]);
                Say($"<message to='{sender}'><received xmlns='urn:xmpp:receipts' id='{id}'/></message>");
            }

            take(new ServerFrame { Type = FrameType.Message, SeqNo = message.Index + 1, Text = stanza.Slice(body + 6, Stamp.Length) });
        }
    }

    private void OnAck(ReadOnlySpan<byte> stanza)
    {
        if (!Utf8Parser.TryParse(Attribute(stanza, "h"u8), out long upTo, out _))
            return;
        for (; acked < upTo; acked++)
        {
            byte[]? id;
            lock (sent)
                sent.TryDequeue(out id);
            if (id is not null && Stamp.TryRead(id, out var stamp))
                take(new ServerFrame { Type = FrameType.Ack, Status = AckStatus.Sent, ClientMsgId = id, SeqNo = stamp.Index + 1 });
        }
    }

    private void OnOther(ReadOnlySpan<byte> stanza)
    {
        received++;
        if (!Attribute(stanza, "id"u8).SequenceEqual("bind"u8))
            return;
        Say("<presence/>");
        Say("<enable xmlns='urn:xmpp:sm:3'/>");
    }

    // The reading loop flushes.
    private void Say(string stanza) => socket.Post(Encoding.UTF8.GetBytes(stanza));
}

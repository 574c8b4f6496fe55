using System.Text;
using Chat.Bench.Load;
using Chat.Bench.Wire;

namespace Chat.Bench.Tests;

public sealed class XmppFramesTests
{
    private readonly List<string> taken = [];
    private readonly Sink sink = new();
    private readonly XmppFrames frames;

    public XmppFramesTests() => frames = new XmppFrames(sink, "bob", frame => taken.Add($"{frame.Type} {frame.Status} {frame.SeqNo} {Encoding.UTF8.GetString(frame.ClientMsgId)}"));

    [Fact]
    public void A_session_is_opened_step_by_step()
    {
        frames.Start();
        Get("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1' version='1.0'/>");
        Get("<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>");
        Get("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        Get("<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>");
        Get("<iq id='bind' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>bob@localhost/bench</jid></bind></iq>");
        Get("<enabled xmlns='urn:xmpp:sm:3'/>");

        Assert.Equal(["<open", "<auth", "<open", "<iq", "<presence/>", "<enable"], sink.Said.Select(stanza => stanza.Split(' ')[0]));
        Assert.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0bob\0{XmppFrames.Password}")), sink.Said[1], StringComparison.Ordinal);
        Assert.Equal(["CaughtUp None 0 "], taken);
    }

    [Fact]
    public void The_servers_count_acks_each_message_by_its_name_and_passes_over_receipts()
    {
        Send(0);
        Get(Incoming(index: 4));
        Send(1);
        Send(2);
        Get("<a xmlns='urn:xmpp:sm:3' h='3'/>");

        Assert.Equal(["Message None 5 ", $"Ack Sent 1 {Name(0)}", $"Ack Sent 2 {Name(1)}"], taken);

        Get("<a h=\"4\" xmlns='urn:xmpp:sm:3'/>");

        Assert.Equal($"Ack Sent 3 {Name(2)}", taken[^1]);
    }

    [Fact]
    public void A_message_is_answered_with_its_receipt_and_the_servers_question_with_what_came()
    {
        Get("<enabled xmlns='urn:xmpp:sm:3'/>");
        Get("<presence from='bob@localhost/bench'/>");
        Get(Incoming(index: 0));
        Get("<r xmlns='urn:xmpp:sm:3'/>");

        Assert.Equal([$"<message to='alice@localhost/bench'><received xmlns='urn:xmpp:receipts' id='{Name(0)}'/></message>", "<a xmlns='urn:xmpp:sm:3' h='2'/>"], sink.Said);
    }

    [Fact]
    public void A_receipt_is_an_ack_delivered_and_a_message_that_comes_back_an_error()
    {
        Get($"<message from='bob@localhost/bench' to='alice@localhost'><received xmlns='urn:xmpp:receipts' id='{Name(6)}'/></message>");
        Get($"<message type='error' id='{Name(7)}'><body>{Name(7)}</body><error/></message>");

        Assert.Equal(["Ack Delivered 7 ", "Error None 0 "], taken);
    }

    [Theory]
    [InlineData("<a h='12'/>", "12")]
    [InlineData("<a ah='1' h=\"3\"/>", "3")]
    [InlineData("<a hh='1'/>", "")]
    [InlineData("<a h='1", "")]
    [InlineData("<a h", "")]
    public void An_attribute_is_found_by_its_whole_name(string stanza, string value) =>
        Assert.Equal(value, Encoding.UTF8.GetString(XmppFrames.Attribute(Encoding.UTF8.GetBytes(stanza), "h"u8)));

    [Theory]
    [InlineData(Door.Ws, "{\"type\":\"message\",\"to\":\"dm:a:b\",\"text\":\"TxxC\",\"clientMsgId\":\"C\"}")]
    [InlineData(Door.Rest, "{\"to\":\"dm:a:b\",\"text\":\"TxxC\",\"clientMsgId\":\"C\"}")]
    [InlineData(Door.Hub, "{\"type\":1,\"target\":\"SendMessage\",\"invocationId\":\"1\",\"arguments\":[{\"to\":\"dm:a:b\",\"text\":\"TxxC\",\"clientMsgId\":\"C\"}]}\u001e")]
    [InlineData(Door.Xmpp, "<message type='chat' to='b@localhost' id='C'><body>TxxC</body><request xmlns='urn:xmpp:receipts'/></message>")]
    internal void Each_door_has_its_places_for_text_and_name(Door door, string expected)
    {
        var template = MessageTemplate.Of(door, "dm:a:b", "b", Stamp.Length + 2);
        var (frame, name) = (template.Frame, Name(3));
        Encoding.ASCII.GetBytes(name).CopyTo(frame.AsSpan(template.ClientMsgIdAt));
        Encoding.ASCII.GetBytes(name).CopyTo(frame.AsSpan(template.TextAt));

        Assert.Equal(expected.Replace("TxxC", $"{name}xx", StringComparison.Ordinal).Replace("\"C\"", $"\"{name}\"", StringComparison.Ordinal)
            .Replace("'C'", $"'{name}'", StringComparison.Ordinal), Encoding.UTF8.GetString(frame));
    }

    private void Get(string stanza) => frames.OnFrame(Encoding.UTF8.GetBytes(stanza));

    private void Send(int index) => Assert.True(frames.Post(Encoding.UTF8.GetBytes($"<message to='alice@localhost' id='{Name(index)}'><body>{Name(index)}</body></message>")));

    private static string Incoming(int index) =>
        $"<message type='chat' from='alice@localhost/bench' to='bob@localhost' id='{Name(index)}'><archived by='bob@localhost' id='1'/><body>{Name(index)}xxx</body><request xmlns='urn:xmpp:receipts'/></message>";

    private static string Name(int index)
    {
        var name = new byte[Stamp.Length];
        new Stamp(DueAt: 1, index, Run: 2).Write(name);
        return Encoding.ASCII.GetString(name);
    }

    private sealed class Sink : IFrameSink
    {
        public List<string> Said { get; } = [];

        public bool Post(ReadOnlySpan<byte> payload)
        {
            Said.Add(Encoding.UTF8.GetString(payload));
            return true;
        }

        public void Flush()
        {
        }
    }
}

using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>The way into a server: <c>/ws</c>; <c>/hub</c>, SignalR with JSON; REST, by which users send what others get on <c>/ws</c>; and for other servers XMPP over a WebSocket.</summary>
internal enum Door { Ws, Hub, Rest, Xmpp }

/// <summary>A message as a door's clients send it: the places of the text and of the attempt's name are filled in for each.</summary>
internal readonly record struct MessageTemplate(byte[] Frame, int TextAt, int ClientMsgIdAt)
{
    /// <param name="door">The way in.</param>
    /// <param name="conversationId">Where it goes.</param>
    /// <param name="receiver">XMPP names a user, not a conversation.</param>
    /// <param name="textBytes">Length of the text.</param>
    public static MessageTemplate Of(Door door, string conversationId, string receiver, int textBytes)
    {
        const char text = '\u0001', clientMsgId = '\u0002';
        var name = new string('0', Stamp.Length);
        var content = $$"""
            "to":"{{conversationId}}","text":"{{text}}{{new string('x', textBytes)}}","clientMsgId":"{{clientMsgId}}{{name}}"
            """;
        var frame = door switch
        {
            Door.Ws => $$"""{"type":"message",{{content}}}""",
            Door.Hub => HubFrames.Call("SendMessage", $"{{{content}}}", answered: true),
            Door.Rest => $"{{{content}}}",
            _ => XmppFrames.Message(receiver, $"{clientMsgId}{name}", $"{text}{new string('x', textBytes)}"),
        };
        // Each mark is taken out, so that the later place moves by one if the other mark stood before it.
        var (textAt, idAt) = (frame.IndexOf(text, StringComparison.Ordinal), frame.IndexOf(clientMsgId, StringComparison.Ordinal));
        var bytes = Encoding.UTF8.GetBytes(frame.Replace($"{text}", "", StringComparison.Ordinal).Replace($"{clientMsgId}", "", StringComparison.Ordinal));
        return new MessageTemplate(bytes, textAt - (idAt < textAt ? 1 : 0), idAt - (textAt < idAt ? 1 : 0));
    }
}

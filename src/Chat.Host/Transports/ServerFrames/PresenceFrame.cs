using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>Somebody came or went.</summary>
internal readonly struct PresenceFrame : IServerFrame<PresenceEvent>
{
    private static readonly JsonEncodedText Online = JsonEncodedText.Encode("online");
    private static readonly JsonEncodedText LastSeen = JsonEncodedText.Encode("lastSeen");

    public static string Type => "presence";

    public void WriteTo<TWriter>(PresenceEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.UserId, e.State.User.Value);
        fields.Flag(Online, e.State.Online);
        fields.Number(LastSeen, e.State.LastSeen?.ToUnixTimeMilliseconds());
    }
}

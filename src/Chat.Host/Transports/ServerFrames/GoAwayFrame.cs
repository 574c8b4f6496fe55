using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>The server is leaving: connect again after the pause.</summary>
internal readonly struct GoAwayFrame : IServerFrame<GoAwayEvent>
{
    private static readonly JsonEncodedText AfterMs = JsonEncodedText.Encode("afterMs");

    public static string Type => "goAway";

    public void WriteTo<TWriter>(GoAwayEvent e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Number(AfterMs, (long)e.After.TotalMilliseconds);
    }
}

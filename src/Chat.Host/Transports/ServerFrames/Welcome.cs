using Chat.BuildingBlocks.Ids;
using Chat.Host.Transports.Frames;
using System.Text.Json;

namespace Chat.Host.Transports.ServerFrames;

/// <summary>The first frame of a connection.</summary>
internal sealed class Welcome(DeviceAddress device, DateTimeOffset serverTime, string epoch) : Answer
{
    public DeviceAddress Device => device;

    public DateTimeOffset ServerTime => serverTime;

    public string Epoch => epoch;
}

/// <summary>Who is connected, and to which log.</summary>
internal readonly struct WelcomeFrame : IServerFrame<Welcome>
{
    private static readonly JsonEncodedText DeviceId = JsonEncodedText.Encode("deviceId");
    private static readonly JsonEncodedText ServerTime = JsonEncodedText.Encode("serverTime");
    private static readonly JsonEncodedText Epoch = JsonEncodedText.Encode("epoch");

    public static string Type => "welcome";

    public void WriteTo<TWriter>(Welcome e, ref TWriter fields) where TWriter : struct, IFieldWriter
    {
        fields.Text(FieldNames.UserId, e.Device.User.Value);
        fields.Text(DeviceId, e.Device.Device.Value);
        fields.Number(ServerTime, e.ServerTime.ToUnixTimeMilliseconds());
        fields.Text(Epoch, e.Epoch);
    }
}

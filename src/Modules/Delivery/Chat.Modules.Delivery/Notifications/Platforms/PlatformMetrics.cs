using System.Diagnostics.Metrics;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>What the limits of the platforms hold back.</summary>
internal sealed class PlatformMetrics
{
    private readonly Counter<long> _heldBack;
    private readonly List<(string Platform, Circuits Circuits)> _circuits = [];

    public PlatformMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Chat");
        _heldBack = meter.CreateCounter<long>(
            "chat.push.held_back", description: "Notifications that were not tried yet: the platform or its origin is left alone, or a limit of Push was reached; by the reason.");
        meter.CreateObservableGauge("chat.push.addresses", () => Observe(circuits => circuits.Count), description: "Origins of Web Push, or platforms, that are remembered.");
        meter.CreateObservableGauge("chat.push.addresses.open", () => Observe(circuits => circuits.Open), description: "Those that are left alone, as they failed.");
    }

    public void HeldBack(PushKind platform, string reason) =>
        _heldBack.Add(1, new KeyValuePair<string, object?>("platform", NameOf(platform)), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Called while the server is built, before anything is measured.</summary>
    public Circuits Watch(PushKind platform, Circuits circuits)
    {
        _circuits.Add((NameOf(platform), circuits));
        return circuits;
    }

    public static string NameOf(PushKind platform) => platform switch
    {
        PushKind.WebPush => "webpush",
        PushKind.Fcm => "fcm",
        _ => "apns",
    };

    private IEnumerable<Measurement<int>> Observe(Func<Circuits, int> valueOf) =>
        _circuits.Select(watched => new Measurement<int>(valueOf(watched.Circuits), new KeyValuePair<string, object?>("platform", watched.Platform)));
}

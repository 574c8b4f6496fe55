using System.Text;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>The platform that carries a device's notifications. On the wire <c>webpush</c>, <c>fcm</c>, <c>apns</c>; the numbers are stored.</summary>
internal enum PushKind
{
    WebPush = 0,
    Fcm = 1,
    Apns = 2,
}

internal static class PushKinds
{
    /// <summary>As clients and operators know it.</summary>
    public static string Name(this PushKind kind) => kind switch
    {
        PushKind.WebPush => "webpush",
        PushKind.Fcm => "fcm",
        _ => "apns",
    };
}

/// <summary>What a notification may say, as the device asked. The numbers are stored.</summary>
internal enum PushContent
{
    /// <summary>Neither who wrote nor what.</summary>
    None = 0,

    /// <summary>Who wrote.</summary>
    Sender = 1,

    /// <summary>Who wrote, and the text.</summary>
    Full = 2,
}

/// <summary>Where a device gets its push notifications. A device has one at most; an address belongs to one device.</summary>
/// <param name="Address">Web Push: the endpoint; FCM and APNs: the token. At most <see cref="MaxAddressBytes"/>. A secret: never logged.</param>
/// <param name="P256dh">Web Push alone: the receiver's public key (RFC 8291), base64url.</param>
/// <param name="Auth">Web Push alone: the receiver's secret (RFC 8291), base64url.</param>
/// <param name="Topic">APNs alone: the app's bundle id.</param>
/// <param name="Sandbox">APNs alone: Apple's development environment.</param>
/// <param name="CreatedAt">When it was put.</param>
/// <param name="Id">New each time it is put: an answer of a platform about an earlier one does not end it.</param>
internal sealed record PushSubscription(
    DeviceAddress Device, PushKind Kind, string Address, string? P256dh, string? Auth, string? Topic, bool Sandbox, PushContent Content,
    DateTimeOffset CreatedAt, Guid Id)
{
    public const int MaxAddressBytes = 2_048;

    // Not the address and the keys: they are secrets.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(Device).Append(' ').Append(Kind).Append(' ').Append(Id);
        return true;
    }
}

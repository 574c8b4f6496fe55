using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Secrets;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications.Apns;
using Chat.Modules.Delivery.Notifications.Fcm;
using Chat.Modules.Delivery.Notifications.WebPush;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>The server's keys for the platforms, opened when the server starts; null where there are none.</summary>
internal sealed class PlatformKeys : IDisposable
{
    /// <exception cref="StorageException">A file that a setting names cannot be used.</exception>
    public PlatformKeys(
        IOptions<WebPushOptions> webPush, IOptions<FcmOptions> fcm, IOptions<ApnsOptions> apns, IDerivedKeys keys, ModuleContext context, PlatformClients clients,
        TimeProvider clock)
    {
        Vapid = VapidKey.Open(webPush.Value.KeyFile, keys, hasSeveralServers: context.UsesCql());
        Fcm = string.IsNullOrWhiteSpace(fcm.Value.ServiceAccountFile) ? null : new FcmAccount(fcm.Value.ServiceAccountFile, clients, clock);
        Apns = apns.Value.IsSet ? new ApnsKey(apns.Value, clock) : null;
    }

    public VapidKey? Vapid { get; }

    public FcmAccount? Fcm { get; }

    public ApnsKey? Apns { get; }

    public void Dispose()
    {
        Vapid?.Dispose();
        Fcm?.Dispose();
        Apns?.Dispose();
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Moving;
using Chat.Modules.Presence.Nodes;
using Chat.Modules.Presence.Online;
using Chat.Modules.Presence.Typing;
using Chat.Modules.Presence.Watching;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Presence;

/// <summary>Who is online, who subscribes to that, and who is typing.</summary>
public sealed class PresenceModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context) => services
        .AddModuleOptions<PresenceOptions>("Presence")
        .AddSingleton<PresenceMetrics>()
        // Online
        .AddSingleton<OnlineUsers>()
        .AddSubscriber<DeviceConnected, TrackOnDeviceEvents>()
        .AddSubscriber<DeviceDisconnected, TrackOnDeviceEvents>()
        // Last seen
        .AddSqliteTables("presence", typeof(PresenceModule).Assembly)
        .AddCqlTables("presence", typeof(PresenceModule).Assembly)
        .AddStore<ILastSeenStore, SqliteLastSeenStore, CqlLastSeenStore>(context)
        .AddSingleton<LastSeenTimes>()
        .AddHostedService<LastSeenFlusher>()
        // Watching
        .AddSingleton<Subscriptions>()
        .AddSingleton<UnconfirmedSubscribers>()
        .AddSingleton<VisibilityChecker>()
        .AddSingleton<Announcements>()
        .AddHostedService<AnnouncementWorker>()
        .AddCommand<SubscribePresence, IReadOnlyList<PresenceState>, SubscribePresenceHandler>()
        .AddSubscriber<MemberRemoved, RecheckOnMemberRemoved>()
        .AddSubscriber<MembershipsFoundChanged, RecheckOnMemberRemoved>()
        // Other nodes
        .AddSingleton<RemoteUsers>()
        .AddSingleton<RemoteInterests>()
        .AddBusHandler<PresenceRelay>().AddNodeObserver<PresenceRelay>().AddHostedService(provider => provider.GetRequiredService<PresenceRelay>())
        // Typing
        .AddSingleton<TypingRepeats>()
        .AddCommand<SetTyping, Done, SetTypingHandler>();

    public void AddMove(IServiceCollection services) => services
        .AddSqliteTables("presence", typeof(PresenceModule).Assembly)
        .AddCqlTables("presence", typeof(PresenceModule).Assembly)
        .AddMovedTable<MovedLastSeen>();
}

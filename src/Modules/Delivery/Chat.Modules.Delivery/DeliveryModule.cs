using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Events;
using Chat.Modules.Delivery.FanOut;
using Chat.Modules.Delivery.Moving;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Receipts;
using Chat.Modules.Delivery.Relay;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Delivery;

/// <summary>From the log to the devices: connections, fan-out, cursors, acks and receipts.</summary>
public sealed class DeliveryModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
        services
            .AddModuleOptions<DeliveryOptions>("Delivery")
            .AddSqliteTables("delivery", typeof(DeliveryModule).Assembly)
            .AddCqlTables("delivery", typeof(DeliveryModule).Assembly)
            .AddSingleton<DeliveryMetrics>()
            .AddStore<ICursorStore, SqliteCursorStore, CqlCursorStore>(context)
            .AddSingleton<CursorTable>().AddHostedService(provider => provider.GetRequiredService<CursorTable>())
            .AddQuery<GetCursors, IReadOnlyDictionary<ConversationId, Contracts.Cursors>, GetCursorsHandler>()
            .AddQuery<GetReadPlaces, IReadOnlyDictionary<ConversationId, SeqNo>, GetReadPlacesHandler>();

        if (!context.UsesCql())
            services.AddSingleton<ILogPositions>(provider => (SqliteCursorStore)provider.GetRequiredService<ICursorStore>());

        services
            .AddSingleton<IConnections, ConnectionAcceptor>()
            .AddSingleton<ConnectionTable>()
            .AddSingleton<Receivers>()
            .AddSingleton<DeviceStarts>()
            .AddSingleton<MemberLog>()
            .AddSingleton<ConnectionServices>()
            .AddSubscriber<DeviceRevoked, ForgetOnDeviceRevoked>()
            .AddSingleton<Leaving>()
            .AddSingleton<ResendList>()
            .AddHostedService<ResendSweep>();

        AddRelay(services, context);

        services
            .AddSingleton<FanOutQueue>()
            .AddSingleton<LargeConversations>().AddHostedService(provider => provider.GetRequiredService<LargeConversations>())
            .AddSubscriber<MessageAppended, FanOutOnMessageAppended>();
        services.AddHostedService<FanOutFollower>().AddHostedService<FanOutWorker>();

        services
            .AddSingleton<GatheredReceipts>().AddHostedService(provider => provider.GetRequiredService<GatheredReceipts>())
            .AddSingleton<ReceiptFanOut>().AddHostedService(provider => provider.GetRequiredService<ReceiptFanOut>())
            .AddCommand<Acknowledge, Done, AcknowledgeHandler>()
            .AddCommand<AcknowledgeMessage, Done, AcknowledgeHandler>()
            .AddQuery<GetReceipts, Result<IReadOnlyList<MemberReceipt>>, GetReceiptsHandler>();

        services
            .AddSubscriber<GroupCreated, TellOnGroupChanged>()
            .AddSubscriber<TitleChanged, TellOnGroupChanged>()
            .AddSubscriber<MembersAdded, TellOnGroupChanged>()
            .AddSubscriber<MemberRemoved, TellOnGroupChanged>()
            .AddSubscriber<RoleChanged, TellOnGroupChanged>()
            .AddSubscriber<MembersAdded, JoinOnMembersAdded>()
            .AddSubscriber<MembershipsFoundChanged, JoinOnMembersAdded>()
            .AddSubscriber<PresenceChanged, TellOnPresenceChanged>()
            .AddSubscriber<TypingChanged, TellOnPresenceChanged>()
            .AddSubscriber<OwnSettingsChanged, TellOnOwnSettingsChanged>();

        services.AddPushNotifications(context);
    }

    // Begins before the fan-out, and ends after it.
    private static void AddRelay(IServiceCollection services, ModuleContext context)
    {
        services
            .AddSingleton<UserNodes>().AddHostedService(provider => provider.GetRequiredService<UserNodes>())
            .AddSingleton<NodeRelay>();
        if (!context.UsesRedis())
        {
            services.AddSingleton<IConnectionRegistry, EmbeddedConnectionRegistry>().AddSingleton<IConnectionRegistrar, EmbeddedConnectionRegistrar>();
            return;
        }
        services
            .AddSingleton<IConnectionRegistry, RedisConnectionRegistry>()
            .AddSingleton<Redrains>().AddHostedService(provider => provider.GetRequiredService<Redrains>())
            .AddNodeObserver<ConnectionRegistrar>().AddHostedService(provider => provider.GetRequiredService<ConnectionRegistrar>())
            .AddSingleton<IConnectionRegistrar>(provider => provider.GetRequiredService<ConnectionRegistrar>())
            .AddBusHandler<RelayReceiver>().AddHostedService(provider => provider.GetRequiredService<RelayReceiver>());
    }

    public void AddMove(IServiceCollection services) => services
        .AddSqliteTables("delivery", typeof(DeliveryModule).Assembly)
        .AddCqlTables("delivery", typeof(DeliveryModule).Assembly)
        .AddSingleton<ILogPositions, SqliteCursorStore>()
        .AddMovedTable<MovedConnectedDevices>()
        .AddMovedTable<MovedDelivered>()
        .AddMovedTable<MovedRead>()
        .AddMovedTable<MovedSubscriptions>()
        .AddMovedTable<MovedAddresses>()
        .AddMovedTable<MovedNotified>();

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapGetReceipts();
        routes.MapPush();
    }
}

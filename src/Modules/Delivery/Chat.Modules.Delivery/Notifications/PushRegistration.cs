using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications.Dead;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Notifications.Platforms;
using Chat.Modules.Delivery.Notifications.Sending;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Delivery.Notifications.WebPush;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>Push notifications: who is subscribed, what is due, and what sends it.</summary>
internal static class PushRegistration
{
    public static IServiceCollection AddPushNotifications(this IServiceCollection services, ModuleContext context)
    {
        services
            .AddModuleOptions<PushOptions>("Push")
            // Platforms
            .AddPushPlatforms(context)
            // Subscriptions
            .AddStore<ISubscriptionStore, SqliteSubscriptionStore, CqlSubscriptionStore>(context)
            .AddSingleton<SubscribedDevices>()
            .AddBusHandler<UserSubscriptions>()
            .AddNodeObserver<UserSubscriptions>()
            .AddCommandValidator<PutSubscription, PutSubscriptionValidator>()
            .AddCommand<PutSubscription, Done, PutSubscriptionHandler>()
            .AddCommand<RemoveSubscription, Done, RemoveSubscriptionHandler>()
            .AddSubscriber<DeviceRevoked, EndSubscriptionOnDeviceRevoked>()
            .AddSubscriber<DeviceSignedOut, EndSubscriptionOnDeviceRevoked>();
        AddQueues(services, context);
        return services
            // Watching
            .AddSingleton(provider => PushTimes.Of(
                provider.GetRequiredService<IOptions<PushOptions>>().Value, provider.GetRequiredService<IOptions<DeliveryOptions>>().Value, context.UsesCql()))
            .AddSingleton<Watches>()
            .AddSubscriber<MessageAppended, NotifyOnMessageAppended>()
            .AddSubscriber<MessagesExpired, WithdrawOnMessagesExpired>()
            .AddSubscriber<OwnSettingsChanged, WithdrawOnOwnSettingsChanged>()
            .AddHostedService<NotificationFollower>()
            .AddHostedService<NotificationPlanner>()
            .AddSingleton<Withdrawals>().AddHostedService(provider => provider.GetRequiredService<Withdrawals>())
            .AddHostedService<LostDueItems>()
            // Sending
            .AddSingleton<OwedMessages>()
            .AddSingleton<NotificationComposer>()
            .AddSingleton<NotificationSender>()
            .AddHostedService<NotificationWorker>();
    }

    public static void MapPush(this IEndpointRouteBuilder routes)
    {
        routes.MapPushSubscriptions();
        routes.MapPushKey();
        routes.MapDeadNotifications();
    }

    private static void AddQueues(IServiceCollection services, ModuleContext context)
    {
        services
            .AddSingleton<PushMetrics>()
            .AddSingleton<DueItems>()
            .AddStore<INotifiedStore, SqliteNotifiedStore, CqlNotifiedStore>(context)
            .AddStore<IDeadLetters, SqliteDeadLetters, CqlDeadLetters>(context);
        if (!context.UsesCql())
            services.AddSingleton<IDueStore, SqliteDueStore>();
        else if (context.UsesRedis())
            services.AddSingleton<IDueStore, RedisDueStore>();
        else
            services.AddSingleton<IDueStore, MemoryDueStore>();
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications.Platforms;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Delivery.Notifications.WebPush;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

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
            .AddBusHandler<UserSubscriptions>()
            .AddNodeObserver<UserSubscriptions>()
            .AddCommandValidator<PutSubscription, PutSubscriptionValidator>()
            .AddCommand<PutSubscription, Done, PutSubscriptionHandler>()
            .AddCommand<RemoveSubscription, Done, RemoveSubscriptionHandler>()
            .AddSubscriber<DeviceRevoked, EndSubscriptionOnDeviceRevoked>()
            .AddSubscriber<DeviceSignedOut, EndSubscriptionOnDeviceRevoked>();
        return services;
    }

    public static void MapPush(this IEndpointRouteBuilder routes) 
    {
        routes.MapPushSubscriptions();
        routes.MapPushKey();
    }
}

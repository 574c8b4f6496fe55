using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Messaging.Homes;

internal static class HomesRegistration
{
    /// <summary>After the log: it stops before it.</summary>
    public static IServiceCollection AddConversationHomes(this IServiceCollection services, ModuleContext context) => context.UsesRedis()
        ? services
            .AddNodeObserver<ConversationHomes>()
            .AddSingleton<IConversationHomes>(provider => provider.GetRequiredService<ConversationHomes>())
            .AddHostedService(provider => provider.GetRequiredService<ConversationHomes>())
            .AddBusHandler<HomeService>()
            .AddHostedService(provider => provider.GetRequiredService<HomeService>())
        : services.AddSingleton<IConversationHomes, EmbeddedConversationHomes>();
}

using Chat.BuildingBlocks.Modules;
using Chat.Modules.Delivery;
using Chat.Modules.Groups;
using Chat.Modules.Identity;
using Chat.Modules.Media;
using Chat.Modules.Messaging;
using Chat.Modules.Presence;

namespace Chat.Host;

/// <summary>The modules, in the order in which their subscribers get events.</summary>
internal static class ChatModules
{
    public static IReadOnlyList<IModule> All { get; } = [new IdentityModule(), new GroupsModule(), new MessagingModule(), new MediaModule(), new DeliveryModule(), new PresenceModule()];
}

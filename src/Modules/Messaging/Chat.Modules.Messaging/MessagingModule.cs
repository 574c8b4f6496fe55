using Chat.BuildingBlocks.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Messaging;

/// <summary>What the module has.</summary>
public sealed class MessagingModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
    }
}

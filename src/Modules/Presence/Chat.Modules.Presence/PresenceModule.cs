using Chat.BuildingBlocks.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Presence;

/// <summary>What the module has.</summary>
public sealed class PresenceModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
    }
}

using Chat.BuildingBlocks.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Groups;

/// <summary>What the module has.</summary>
public sealed class GroupsModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
    }
}

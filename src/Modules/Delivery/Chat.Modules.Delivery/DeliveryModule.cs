using Chat.BuildingBlocks.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Delivery;

/// <summary>What the module has.</summary>
public sealed class DeliveryModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
    }
}

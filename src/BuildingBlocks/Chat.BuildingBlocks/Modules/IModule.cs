using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Modules;

/// <summary>A module's only public class: it registers what the module has.</summary>
public interface IModule
{
    void AddServices(IServiceCollection services, ModuleContext context);

    /// <summary>The module's REST routes; none by default.</summary>
    void MapEndpoints(IEndpointRouteBuilder routes) { }
}

/// <summary>What a module may know about where it runs.</summary>
public sealed record ModuleContext(IConfiguration Configuration);

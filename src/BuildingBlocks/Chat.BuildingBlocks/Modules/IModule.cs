using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Modules;

/// <summary>A module's only public class: it registers what the module has.</summary>
public interface IModule
{
    void AddServices(IServiceCollection services, ModuleContext context);

    /// <summary>What <c>Chat.Host migrate</c> copies of the module's, beside the embedded stores and the cluster's; nothing by default.</summary>
    void AddMove(IServiceCollection services) { }

    /// <summary>The module's REST routes; none by default.</summary>
    void MapEndpoints(IEndpointRouteBuilder routes) { }
}

/// <summary>What a module may know about where it runs.</summary>
public sealed record ModuleContext(IConfiguration Configuration);

using Chat.BuildingBlocks.Modules;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Media;

/// <summary>Pictures, voice, video and files: upload, download, thumbnails.</summary>
public sealed class MediaModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
    }

    public void AddMove(IServiceCollection services)
    {
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
    }
}

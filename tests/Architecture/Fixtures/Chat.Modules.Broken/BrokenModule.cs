using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Modules;
using Chat.Modules.Broken.Contracts;
using Chat.Modules.Groups;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Broken;

/// <summary>Breaks: a module references other modules' Contracts alone. And registers one command twice, past the check of AddCommand.</summary>
public sealed class BrokenModule : IModule
{
    public static IModule Neighbour { get; } = new GroupsModule();

    public void AddServices(IServiceCollection services, ModuleContext context) => services
        .AddSingleton<IRequestHandler<Twice, Result<Done>>, TwiceHandler>()
        .AddSingleton<IRequestHandler<Twice, Result<Done>>, TwiceAgain>()
        .AddSubscriber<Happened, WriteOnHappened>();
}

/// <summary>Breaks: a module exports its module class alone.</summary>
public static class SecondExport
{
    public const int Nothing = 0;
}

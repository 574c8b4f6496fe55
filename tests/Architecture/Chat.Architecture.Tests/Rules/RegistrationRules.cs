using System.Reflection;
using Chat.BuildingBlocks.Modules;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Architecture.Tests.Rules;

/// <summary>What modules register.</summary>
internal static class RegistrationRules
{
    /// <summary>Every command and query has one handler among all modules' services.</summary>
    public static Verdict RequestsHaveOneHandler(IReadOnlyList<Assembly> contracts, IReadOnlyList<IModule> modules)
    {
        var registered = ServicesOf(modules).ToLookup(service => service.ServiceType);
        return Verdict.On(
            from type in contracts.WrittenTypes()
            from request in type.Closed(typeof(IRequest<>))
            select (type, handler: typeof(IRequestHandler<,>).MakeGenericType(type, request.GenericTypeArguments[0])),
            one => registered[one.handler].Count() == 1,
            one => one.type.Name);
    }

    /// <summary>Every handler that a module has is registered.</summary>
    public static Verdict HandlersAreRegistered(IReadOnlyList<IModule> modules)
    {
        var registered = ServicesOf(modules).Select(service => (service.ServiceType, service.ImplementationType)).ToHashSet();
        return Verdict.On(
            from type in modules.Select(module => module.GetType().Assembly).WrittenTypes()
            from handler in type.Closed(typeof(IRequestHandler<,>))
            select (type, handler),
            one => registered.Contains((one.handler, one.type)),
            one => one.type.Name);
    }

    /// <summary>Every subscriber that a module has is registered, for each of its events, once.</summary>
    public static Verdict SubscribersAreRegistered(IReadOnlyList<IModule> modules)
    {
        var services = ServicesOf(modules);
        var subscribers = (
            from type in modules.Select(module => module.GetType().Assembly).WrittenTypes()
            from subscriber in type.Closed(typeof(INotificationHandler<>))
            select (type, subscriber)).ToList();
        return Verdict.On(
            subscribers,
            // A subscriber is registered as itself, and by a factory for each event: what a factory gives cannot be seen, but how many there are can.
            one => services.Any(service => service.ServiceType == one.type)
                && services.Count(service => service.ServiceType == one.subscriber) == subscribers.Count(other => other.subscriber == one.subscriber),
            one => one.type.Name);
    }

    private static ServiceCollection ServicesOf(IReadOnlyList<IModule> modules)
    {
        var services = new ServiceCollection();
        foreach (var module in modules)
            module.AddServices(services, new ModuleContext(new ConfigurationBuilder().Build()));
        return services;
    }
}

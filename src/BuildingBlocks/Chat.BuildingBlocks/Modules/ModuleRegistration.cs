using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Chat.BuildingBlocks.Modules;

/// <summary>How a module registers what it has. Handlers, validators and stores are singletons.</summary>
public static class ModuleRegistration
{
    /// <summary>The mediator with its behaviours: rate limit, then logging, then validation, then the handler.</summary>
    public static IServiceCollection AddMediation(this IServiceCollection services) => services
        .AddModuleOptions<RateLimitOptions>("RateLimits")
        .AddSingleton<DeviceRates>().AddSingleton<IHasSharedRates>(provider => provider.GetRequiredService<DeviceRates>())
        .AddSingleton<UserRates>().AddSingleton<IHasSharedRates>(provider => provider.GetRequiredService<UserRates>())
        .AddSingleton<IMediator, ChatMediator>()
        .AddSingleton(typeof(IPipelineBehavior<,>), typeof(RateLimitBehaviour<,>))
        .AddSingleton(typeof(IPipelineBehavior<,>), typeof(LoggingBehaviour<,>))
        .AddSingleton(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>));

    /// <summary>Options from a configuration section, checked by their attributes when the host starts.</summary>
    public static IServiceCollection AddModuleOptions<TOptions>(this IServiceCollection services, string section) where TOptions : class
    {
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton(new OptionsSection(section, typeof(TOptions)));
    }

    /// <exception cref="InvalidOperationException">The command has a handler already.</exception>
    public static IServiceCollection AddCommand<TCommand, T, THandler>(this IServiceCollection services)
        where TCommand : ICommand<T> where THandler : class, ICommandHandler<TCommand, T> =>
        services.AddOnce<IRequestHandler<TCommand, Result<T>>, THandler>();

    /// <exception cref="InvalidOperationException">The query has a handler already.</exception>
    public static IServiceCollection AddQuery<TQuery, T, THandler>(this IServiceCollection services)
        where TQuery : IQuery<T> where THandler : class, IQueryHandler<TQuery, T> =>
        services.AddOnce<IRequestHandler<TQuery, T>, THandler>();

    /// <summary>Adds a subscriber. A class that handles several events is one object.</summary>
    public static IServiceCollection AddSubscriber<TEvent, THandler>(this IServiceCollection services)
        where TEvent : IEvent where THandler : class, IEventHandler<TEvent>
    {
        services.TryAddSingleton<THandler>();
        return services.AddSingleton<INotificationHandler<TEvent>>(provider => provider.GetRequiredService<THandler>());
    }

    public static IServiceCollection AddCommandValidator<TCommand, TValidator>(this IServiceCollection services)
        where TValidator : class, IValidator<TCommand> =>
        services.AddSingleton<IValidator<TCommand>, TValidator>();

    private static IServiceCollection AddOnce<TService, THandler>(this IServiceCollection services)
        where TService : class where THandler : class, TService =>
        services.Any(service => service.ServiceType == typeof(TService))
            ? throw new InvalidOperationException($"{typeof(TService).GenericTypeArguments[0].Name} has two handlers.")
            : services.AddSingleton<TService, THandler>();
}

using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Secrets;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Identity.Accounts;
using Chat.Modules.Identity.Admins;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Chat.Modules.Identity.Moving;
using Chat.Modules.Identity.Store;
using Chat.Modules.Identity.Tokens;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity;

/// <summary>Accounts, their devices, and their tokens.</summary>
public sealed class IdentityModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context)
    {
        if (context.UsesCql())
            services
                .AddSingleton<IValidateOptions<AuthOptions>, SharedKeyValidator>()
                .AddSingleton<IOpenedAtStart, CqlRevocationsAtStart>()
                .AddBusHandler<RevocationPoller>().AddNodeObserver<RevocationPoller>().AddHostedService(provider => provider.GetRequiredService<RevocationPoller>());
        services
            .AddModuleOptions<AuthOptions>("Auth")
            .AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>()
            // Store
            .AddSqliteTables("identity", typeof(IdentityModule).Assembly)
            .AddCqlTables("identity", typeof(IdentityModule).Assembly)
            .AddStore<IAccountStore, SqliteAccountStore, CqlAccountStore>(context)
            .AddStore<IDeviceStore, SqliteDeviceStore, CqlDeviceStore>(context)
            // Accounts
            .AddSingleton<Passwords>()
            .AddSingleton<PasswordThrottle>()
            .AddSingleton<PasswordChange>()
            .AddSingleton<BuiltInAccounts>()
            // Devices
            .AddSingleton<PendingRevocations>()
            .AddSingleton<DeviceRegistrar>()
            .AddSingleton<Revocations>().AddHostedService(provider => provider.GetRequiredService<Revocations>())
            .AddQuery<GetDevices, IReadOnlyList<Device>, GetDevicesHandler>()
            .AddCommand<SweepTokens, int, SweepTokensHandler>()
            // Tokens
            .AddSingleton(provider => AuthOf(provider).SigningKeyFile is { } file && !string.IsNullOrWhiteSpace(file)
                ? new SigningKey(Path.GetFullPath(file))
                : new SigningKey(provider.GetRequiredService<DataDirectory>()))
            .AddSingleton<IDerivedKeys>(provider => provider.GetRequiredService<SigningKey>())
            .AddSingleton<AccessTokens>()
            .AddSingleton(provider => new RefreshTokens(provider.GetRequiredService<SigningKey>().DeriveKey("refresh tokens")))
            .AddSingleton<BuiltInIssuer>()
            .AddSingleton<OutsideIssuer>()
            .AddSingleton<ITrustedIssuer>(provider => AuthOf(provider).KeepsAccounts
                ? provider.GetRequiredService<BuiltInIssuer>()
                : provider.GetRequiredService<OutsideIssuer>())
            .AddSingleton<ITokens, TokenValidator>()
            // Admins
            .AddSingleton<IAdmins, BuiltInAdmins>();
    }

    public void AddMove(IServiceCollection services) => services
        .AddModuleOptions<AuthOptions>("Auth")
        .AddSqliteTables("identity", typeof(IdentityModule).Assembly)
        .AddCqlTables("identity", typeof(IdentityModule).Assembly)
        .AddMoveStep<KeepSigningKey>()
        .AddMovedTable<MovedAccounts>()
        .AddMovedTable<MovedAccountNames>()
        .AddMovedTable<MovedDevices>()
        .AddMovedTable<MovedFamilies>()
        .AddMovedTable<MovedRevocations>();

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        // Resolved now, so that an unusable key ends the start.
        routes.ServiceProvider.GetRequiredService<ITokens>();
        if (AuthOf(routes.ServiceProvider).KeepsAccounts)
        {
            routes.MapAuth();
            routes.MapPasswordChange();
        }
        routes.MapDevices();
    }

    private static AuthOptions AuthOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<AuthOptions>>().Value;
}

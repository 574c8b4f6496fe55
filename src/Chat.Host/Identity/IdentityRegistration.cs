using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Chat.Host.Identity.Accounts;
using Chat.Host.Identity.Admins;
using Chat.Host.Identity.Devices;
using Chat.Host.Identity.Tokens;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Chat.Host.Identity;

/// <summary>The identity corner's contents: accounts, devices, tokens.</summary>
internal static class IdentityRegistration
{
    public const string AdminsPolicy = "Admins";

    public static IServiceCollection AddIdentity(this IServiceCollection services, ModuleContext context)
    {
        services
            .AddModuleOptions<AuthOptions>("Auth")
            .AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>()
            .AddSqliteTables("identity", typeof(IdentityRegistration).Assembly)
            .AddCqlTables("identity", typeof(IdentityRegistration).Assembly)
            .AddStore<IAccountStore, SqliteAccountStore, CqlAccountStore>(context)
            .AddStore<IDeviceStore, SqliteDeviceStore, CqlDeviceStore>(context)
            .AddSingleton<Passwords>()
            .AddSingleton<Guesses>()
            .AddSingleton<PasswordChange>()
            .AddSingleton<BuiltInAccounts>()
            .AddSingleton<HalfRevoked>()
            .AddSingleton<KnownDevices>()
            .AddSingleton<Revocations>().AddHostedService(provider => provider.GetRequiredService<Revocations>())
            .AddHostedService<RevokedElsewhere>()
            .AddSingleton(provider => provider.GetRequiredService<IOptions<AuthOptions>>().Value.SigningKeyFile is { } file && !string.IsNullOrWhiteSpace(file)
                ? new SigningKey(Path.GetFullPath(file))
                : new SigningKey(provider.GetRequiredService<DataDirectory>()))
            .AddSingleton<AccessTokens>()
            .AddSingleton(provider => new RefreshTokens(provider.GetRequiredService<SigningKey>().DeriveKey("refresh tokens")))
            .AddSingleton<BuiltInIssuer>()
            .AddSingleton<OutsideIssuer>()
            .AddSingleton<ITrustedIssuer>(provider => provider.GetRequiredService<IOptions<AuthOptions>>().Value.KeepsAccounts
                ? provider.GetRequiredService<BuiltInIssuer>()
                : provider.GetRequiredService<OutsideIssuer>())
            .AddSingleton<ITokens, TokenValidator>()
            .AddSingleton<AdminPasswords>();

        // The core alone: AddAuthentication would bring data protection's keys, which nothing here needs.
        services.AddWebEncoders().AddTransient<BearerHandler>().AddTransient<BasicHandler>().AddAuthenticationCore(schemes =>
        {
            schemes.DefaultScheme = BearerHandler.SchemeName;
            schemes.AddScheme<BearerHandler>(BearerHandler.SchemeName, null);
            schemes.AddScheme<BasicHandler>(BasicHandler.SchemeName, null);
        });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(AdminsPolicy, policy => policy
                .AddAuthenticationSchemes(BasicHandler.SchemeName, BearerHandler.SchemeName)
                .RequireAuthenticatedUser()
                .AddRequirements(new AdminRequirement()));
        return services.AddSingleton<IAuthorizationHandler, AdminRequirementHandler>();
    }

    public static void MapIdentity(this WebApplication app)
    {
        // Now, so that a key that cannot be used ends the start.
        app.Services.GetRequiredService<ITokens>();
        if (app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.KeepsAccounts)
        {
            app.MapAuth();
            app.MapPasswordChange();
        }
        app.MapDevices();
    }

    private sealed class AdminRequirement : IAuthorizationRequirement;

    private sealed class AdminRequirementHandler(IOptions<AuthOptions> options) : AuthorizationHandler<AdminRequirement>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AdminRequirement requirement)
        {
            if (context.User.FindFirst(Caller.UserClaim) is { } user && options.Value.Admins.Contains(user.Value))
                context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }
}

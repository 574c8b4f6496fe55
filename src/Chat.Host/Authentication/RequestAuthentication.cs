using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Microsoft.AspNetCore.Authorization;

namespace Chat.Host.Authentication;

/// <summary>Authentication and authorisation of requests. The Identity module checks tokens and passwords.</summary>
internal static class RequestAuthentication
{
    public static IServiceCollection AddRequestAuthentication(this IServiceCollection services)
    {
        // Only the core: AddAuthentication would add data protection, which is not needed.
        services.AddWebEncoders().AddTransient<BearerHandler>().AddTransient<BasicHandler>().AddAuthenticationCore(schemes =>
        {
            schemes.DefaultScheme = BearerHandler.SchemeName;
            schemes.AddScheme<BearerHandler>(BearerHandler.SchemeName, null);
            schemes.AddScheme<BasicHandler>(BasicHandler.SchemeName, null);
        });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(AdminsPolicy.Name, policy => policy
                .AddAuthenticationSchemes(BasicHandler.SchemeName, BearerHandler.SchemeName)
                .RequireAuthenticatedUser()
                .AddRequirements(new AdminRequirement()));
        return services.AddSingleton<IAuthorizationHandler, AdminRequirementHandler>();
    }

    private sealed class AdminRequirement : IAuthorizationRequirement;

    private sealed class AdminRequirementHandler(IAdmins admins) : AuthorizationHandler<AdminRequirement>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AdminRequirement requirement)
        {
            if (UserId.TryParse(context.User.FindFirst(Caller.UserClaim)?.Value, out var user) && admins.Contains(user))
                context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }
}

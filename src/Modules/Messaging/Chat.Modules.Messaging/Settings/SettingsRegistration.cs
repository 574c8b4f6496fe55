using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Messaging.Settings;

internal static class SettingsRegistration
{
    /// <summary>What users set for their conversations. The cluster's table is among those of the log.</summary>
    public static IServiceCollection AddOwnSettings(this IServiceCollection services, ModuleContext context)
    {
        if (context.UsesCql())
            services.AddBusHandler<OwnSettingsInvalidator>().AddNodeObserver<OwnSettingsInvalidator>();
        return services
            .AddSqliteTables("messaging", typeof(MessagingModule).Assembly)
            .AddStore<IOwnSettingsStore, SqliteOwnSettingsStore, CqlOwnSettingsStore>(context)
            .AddSingleton<OwnSettingsDirectory>()
            .AddQuery<GetOwnSettings, OwnSettings, GetOwnSettingsHandler>()
            .AddQuery<GetMembershipAsReader, Membership?, GetMembershipAsReaderHandler>()
            .AddQuery<GetNotShown, IReadOnlyCollection<UserId>, GetNotShownHandler>()
            .AddCommand<ChangeOwnSettings, OwnSettings, ChangeOwnSettingsHandler>().AddCommandValidator<ChangeOwnSettings, ChangeOwnSettingsValidator>();
    }
}

using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Log.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Log;

/// <summary>The log, embedded or clustered, what each is besides a log, and what is kept beside it.</summary>
internal static class LogRegistration
{
    public static IServiceCollection AddMessageLog(this IServiceCollection services, ModuleContext context) => context.UsesCql()
        ? services
            .AddSingleton<ActivityClock>()
            .AddCqlTables("messaging", typeof(MessagingModule).Assembly)
            .AddSingleton<IValidateOptions<MessagingOptions>>(new ValidateOptions<MessagingOptions>(
                null, options => options.RetentionDays == 0, "Messaging:RetentionDays works with the embedded stores alone: with Cql:ContactPoints leave it out, and set timers in the conversations."))
            .AddSingleton<ILogTables, CqlLogTables>()
            .AddSingleton<ISendLimit, UuidTimeRates>()
            .AddSingleton<SharedConversations>()
            .AddSingleton<CqlMessageLog>()
            .AddSingleton<IMessageLog>(provider => provider.GetRequiredService<CqlMessageLog>())
            .AddSingleton<IOpenedAtStart>(provider => provider.GetRequiredService<CqlMessageLog>())
            .AddSingleton(ClusterTimes.Default)
            .AddSingleton<IFeedTables, CqlFeedTables>()
            .AddSingleton<IInboxTables, CqlInboxTables>()
            .AddSingleton(provider => new TouchWriter(
                provider.GetRequiredService<IFeedTables>(), provider.GetRequiredService<IInboxTables>(), ClusterTimes.Default,
                provider.GetRequiredService<TimeProvider>(), Random.Shared))
            .AddSingleton<CqlChangeFeed>().AddHostedService(provider => provider.GetRequiredService<CqlChangeFeed>())
            .AddSingleton<IChangeFeed>(provider => provider.GetRequiredService<CqlChangeFeed>())
            .AddSingleton<IExpiries, CqlExpiries>()
            .AddSingleton<IInbox, CqlInbox>()
            .AddHostedService<ErasureFollower>()
            .AddHostedService(provider => provider.GetRequiredService<CqlMessageLog>())
        : services
            .AddSingleton<ActivityClock>()
            .AddSingleton<RocksMessageLog>()
            .AddHostedService<RestoredLog>()
            .AddSingleton<IChangeFeed, RocksChangeFeed>()
            .AddSingleton<RocksInbox>().AddHostedService(provider => provider.GetRequiredService<RocksInbox>())
            .AddSingleton<IInbox>(provider => provider.GetRequiredService<RocksInbox>())
            .AddSingleton<IMessageLog>(provider => provider.GetRequiredService<RocksMessageLog>())
            .AddSingleton<IExpiries>(provider => provider.GetRequiredService<RocksMessageLog>())
            .AddHostedService<ErasureSweep>()
            .AddSingleton<IBackedUp>(provider => provider.GetRequiredService<RocksMessageLog>())
            .AddSingleton<IStoreHealth>(provider => provider.GetRequiredService<RocksMessageLog>());
}

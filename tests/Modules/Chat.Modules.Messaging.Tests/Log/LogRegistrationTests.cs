using Chat.BuildingBlocks.Modules;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class LogRegistrationTests
{
    [Fact]
    public void The_embedded_log_limits_no_message_by_the_time_in_its_clientMsgId() => Assert.Empty(SendLimits([]));

    [Fact]
    public void The_clustered_log_does() => Assert.Equal([typeof(UuidTimeRates)], SendLimits([new("Cql:ContactPoints", "database")]));

    [Fact]
    public void Messages_are_kept_for_some_days_by_the_embedded_log() => Assert.Equal(30, OptionsOf([new("Messaging:RetentionDays", "30")]).RetentionDays);

    [Fact]
    public void A_server_of_a_cluster_does_not_start_where_messages_are_to_be_kept_for_some_days()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => OptionsOf([new("Messaging:RetentionDays", "30"), new("Cql:ContactPoints", "database")]));

        Assert.Contains("Messaging:RetentionDays works with the embedded stores alone", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, OptionsOf([new("Cql:ContactPoints", "database")]).RetentionDays);
    }

    private static MessagingOptions OptionsOf(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        using var provider = ServicesOf(settings).BuildServiceProvider();
        return provider.GetRequiredService<IOptions<MessagingOptions>>().Value;
    }

    private static IEnumerable<Type?> SendLimits(IEnumerable<KeyValuePair<string, string?>> settings) =>
        ServicesOf(settings).Where(service => service.ServiceType == typeof(ISendLimit)).Select(service => service.ImplementationType);

    private static ServiceCollection ServicesOf(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var (services, configuration) = (new ServiceCollection(), new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddSingleton<IConfiguration>(configuration);
        new MessagingModule().AddServices(services, new ModuleContext(configuration));
        return services;
    }
}

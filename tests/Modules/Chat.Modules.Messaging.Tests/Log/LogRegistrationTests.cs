using Chat.BuildingBlocks.Modules;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class LogRegistrationTests
{
    [Fact]
    public void The_embedded_log_limits_no_message_by_the_time_in_its_clientMsgId() => Assert.Empty(SendLimits([]));

    [Fact]
    public void The_clustered_log_does() => Assert.Equal([typeof(UuidTimeRates)], SendLimits([new("Cql:ContactPoints", "database")]));

    private static IEnumerable<Type?> SendLimits(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var services = new ServiceCollection();
        new MessagingModule().AddServices(services, new ModuleContext(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));
        return services.Where(service => service.ServiceType == typeof(ISendLimit)).Select(service => service.ImplementationType);
    }
}

using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Homes;

/// <summary>What a server that is a home takes, and its end. The services that tell devices of its messages are registered after it, and end before it.</summary>
public sealed class HomeServiceTests : IDisposable
{
    private const int Room = 2;

    private readonly OneOther _bus = new();
    private readonly HomeService _service;

    public HomeServiceTests()
    {
        var (meters, options) = (new TestMeters(), Options.Create(new MessagingOptions { MaxWaitingAppends = Room }));
        var homes = new ConversationHomes(
            _bus, _bus, new SharedConversations(TimeProvider.System), new MessagingMetrics(meters, TimeProvider.System), options, TimeProvider.System, NullLogger<ConversationHomes>.Instance);
        var log = ClusterLogs.Of(new VirtualTables(new VirtualTime(1)), TimeProvider.System, new Random(1));
        var appends = Appends.To(log, new AppendedPublisher(new FakeMediator()), meters, TimeProvider.System, options.Value, homes);
        _service = new HomeService(homes, appends, _bus, _bus, options, TimeProvider.System, NullLogger<HomeService>.Instance);
    }

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task It_is_a_home_no_more_when_the_fan_out_ends()
    {
        var fanOut = new Ending(() => _bus.Kinds.Contains(HomeMessage.Withdraw));
        using var host = new HostBuilder()
            .ConfigureServices(services => services.AddHostedService(_ => _service).AddHostedService(_ => fanOut))
            .Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(fanOut.Result);
    }

    [Fact]
    public async Task What_is_handed_to_it_after_that_goes_back()
    {
        await _service.StoppingAsync(TestContext.Current.CancellationToken);

        await HandAsync(1);

        Assert.Equal([HomeMessage.Withdraw, HomeMessage.Lost], _bus.Kinds);
    }

    [Fact]
    public async Task What_it_has_no_room_for_goes_back_with_all_behind_it()
    {
        for (var number = 1; number <= Room + 2; number++)
            await HandAsync(number);

        Assert.Equal([HomeMessage.Lost], _bus.Kinds);
    }

    // The database of these tests never answers.
    private ValueTask HandAsync(long number) => _service.ReceiveAsync(
        _bus.Live[0], HomeMessages.Append(new AppendNumber(Session: 1, number), Draft(Team, Alice, $"{number}")), TestContext.Current.CancellationToken);

    private sealed class Ending(Func<bool> asks) : IHostedService
    {
        public bool Result { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Result = asks();
            return Task.CompletedTask;
        }
    }
}

using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

public sealed class CqlDatabaseTests
{
    private readonly ScriptedCqlDriver _driver = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_session_is_there_for_whatever_stops_and_closed_once()
    {
        var last = new LastWord();
        using (var host = Host(services => services.AddHostedService(provider => last.Asks(provider.GetRequiredService<ICqlSession>()))))
        {
            await host.StartAsync(Ct);
            await host.StopAsync(Ct);
            Assert.True(last.WasHeard);
            Assert.Equal(1, _driver.Closed);
        }
        Assert.Equal(1, _driver.Closed);
    }

    [Fact]
    public async Task A_start_that_fails_closes_the_session_too()
    {
        _driver.Fails = statement => statement.Cql.StartsWith("CREATE", StringComparison.Ordinal) ? new CqlException(0x2100, "no right") : null;
        using (var host = Host())
            await Assert.ThrowsAsync<StorageException>(() => host.StartAsync(Ct));
        Assert.Equal(1, _driver.Closed);
    }

    private IHost Host(Action<IServiceCollection>? more = null, params (string Key, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            [new("Cql:ContactPoints", "database"), .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))]);
        builder.Services.AddLogging().AddSingleton(TimeProvider.System).AddSingleton<ICqlDriver>(_driver)
            .AddStorage(new ModuleContext(builder.Configuration));
        more?.Invoke(builder.Services);
        return builder.Build();
    }

    private sealed class LastWord : IHostedLifecycleService
    {
        private ICqlSession? _session;

        public bool WasHeard { get; private set; }

        public LastWord Asks(ICqlSession session)
        {
            _session = session;
            return this;
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StoppedAsync(CancellationToken cancellationToken)
        {
            await _session!.ExecuteAsync(new CqlStatement("INSERT"), cancellationToken);
            WasHeard = true;
        }
    }
}

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

    [Theory]
    [InlineData(0x2100, "User chat has no CREATE permission", "Grant the role")]
    [InlineData(0x2200, "LightWeight transactions are not supported for tables that use tablets", "tablets = {'enabled': false}")]
    [InlineData(0x2200, "something else", "docs/operations.md")]
    public async Task What_the_database_refuses_comes_with_what_to_do(int code, string words, string remedy)
    {
        _driver.Fails = statement => statement.Cql.StartsWith("SELECT", StringComparison.Ordinal) ? new CqlException(code, words) : null;
        using var host = Host();

        var refused = await Assert.ThrowsAsync<StorageException>(() => host.StartAsync(Ct));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"class": "NetworkTopologyStrategy", "dc1": "3", "dc2": "3"}""", false)]
    [InlineData("""{"class": "NetworkTopologyStrategy", "dc1": "3", "dc2": "3"}""", true, "Cql:LocalDatacenter", "dc1")]
    [InlineData("""{"class": "NetworkTopologyStrategy", "dc1": "3", "dc2": "3"}""", true, "Cql:Consistency", "Quorum")]
    [InlineData("""{"class": "NetworkTopologyStrategy", "dc1": "3", "dc2": "0"}""", true)]
    [InlineData("""{"class": "SimpleStrategy", "replication_factor": "3"}""", true)]
    public async Task Where_the_keyspace_is_in_several_data_centres_the_host_must_be_told_its_own(
        string replication, bool starts, string key = "Cql:Keyspace", string value = "chat")
    {
        _driver.Replication = replication;
        using var host = Host(null, (key, value));

        var start = host.StartAsync(Ct);

        if (starts)
            await start;
        else
            Assert.Contains("set Cql:LocalDatacenter", (await Assert.ThrowsAsync<StorageException>(() => start)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_waits_for_the_database_can_be_ended()
    {
        _driver.IsDown = true;
        using var host = Host();

        var start = host.StartAsync(Ct);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
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

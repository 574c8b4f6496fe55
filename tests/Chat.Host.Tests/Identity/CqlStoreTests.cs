using Chat.Host.Identity.Accounts;
using Chat.Host.Identity.Devices;
using Chat.Testing;

namespace Chat.Host.Tests.Identity;

public sealed class CqlAccountStoreTests(CassandraServer server) : AccountStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlAccountStore? _store;

    private protected override IAccountStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var session = await server.OpenEmptyAsync("identity", typeof(CqlAccountStore).Assembly, TestContext.Current.CancellationToken);
        _store = new CqlAccountStore(session, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class CqlDeviceStoreTests(CassandraServer server) : DeviceStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlDeviceStore? _store;

    private protected override IDeviceStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var session = await server.OpenEmptyAsync("identity", typeof(CqlDeviceStore).Assembly, TestContext.Current.CancellationToken);
        _store = new CqlDeviceStore(session, Clock);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

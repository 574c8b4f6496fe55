using Chat.Host.Identity.Accounts;
using Chat.Host.Identity.Devices;
using Chat.Testing;

namespace Chat.Host.Tests.Identity;

public sealed class SqliteAccountStoreTests : AccountStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("identity", typeof(SqliteAccountStore).Assembly);

    private protected override IAccountStore Store => new SqliteAccountStore(_stores.Database, TimeProvider.System);

    public void Dispose() => _stores.Dispose();
}

public sealed class SqliteDeviceStoreTests : DeviceStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);

    private protected override IDeviceStore Store => new SqliteDeviceStore(_stores.Database, Clock);

    public void Dispose() => _stores.Dispose();
}

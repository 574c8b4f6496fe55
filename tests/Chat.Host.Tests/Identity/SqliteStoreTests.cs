using Chat.BuildingBlocks.Ids;
using Chat.Host.Identity.Accounts;
using Chat.Host.Identity.Devices;
using Chat.Testing;
using Dapper;

namespace Chat.Host.Tests.Identity;

public sealed class SqliteAccountStoreTests : AccountStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("identity", typeof(SqliteAccountStore).Assembly);

    private protected override IAccountStore Store => new SqliteAccountStore(_stores.Database, TimeProvider.System);

    [Fact]
    public async Task Accounts_of_the_version_before_are_there_still_and_none_that_looks_alike_is_added()
    {
        var ct = TestContext.Current.CancellationToken;
        await _stores.Database.WriteAsync(
            connection => connection.Execute("INSERT INTO identity_accounts VALUES ('alice', 'old', 0), ('ALICE', 'old', 0)"), ct);

        Assert.False(await Store.AddAsync(UserId.Parse("Alice"), "new", ct));

        Assert.Equal("old", await Store.FindPasswordHashAsync(UserId.Parse("alice"), ct));
        Assert.Equal("old", await Store.FindPasswordHashAsync(UserId.Parse("ALICE"), ct));
    }

    public void Dispose() => _stores.Dispose();
}

public sealed class SqliteDeviceStoreTests : DeviceStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);

    private protected override IDeviceStore Store => new SqliteDeviceStore(_stores.Database, Tokens, Clock);

    [Fact]
    public async Task A_sweep_tells_how_many_families_had_expired()
    {
        var ct = TestContext.Current.CancellationToken;
        var device = new DeviceAddress(UserId.Parse("alice"), DeviceId.Parse("phone"));
        await Store.OpenAsync(device, null, Tokens.NewFamily(), Clock.GetUtcNow().AddHours(1), 10, ct);
        await Store.OpenAsync(device, null, Tokens.NewFamily(), Clock.GetUtcNow().AddHours(2), 10, ct);

        Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(1, await Store.SweepAsync(DateTimeOffset.MinValue, ct));
    }

    public void Dispose() => _stores.Dispose();
}

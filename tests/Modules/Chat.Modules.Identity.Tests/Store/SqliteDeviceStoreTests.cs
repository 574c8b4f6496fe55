using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Store;
using Chat.Testing;

namespace Chat.Modules.Identity.Tests.Store;

public sealed class SqliteDeviceStoreTests : DeviceStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("identity", typeof(SqliteDeviceStore).Assembly);

    private protected override IDeviceStore Store => new SqliteDeviceStore(_stores.Database, Tokens, Clock);

    [Fact]
    public async Task A_sweep_tells_how_many_families_had_expired()
    {
        var ct = TestContext.Current.CancellationToken;
        var device = new DeviceAddress(UserId.Parse("alice"), DeviceId.Parse("phone"));
        await Store.OpenFamilyAsync(device, null, Tokens.NewFamily(), Clock.GetUtcNow().AddHours(1), 10, ct);
        await Store.OpenFamilyAsync(device, null, Tokens.NewFamily(), Clock.GetUtcNow().AddHours(2), 10, ct);

        Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(1, await Store.SweepAsync(DateTimeOffset.MinValue, ct));
    }

    public void Dispose() => _stores.Dispose();
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Store;
using Chat.Testing;
using Dapper;

namespace Chat.Modules.Identity.Tests.Store;

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

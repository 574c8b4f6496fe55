using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Host.Identity.Accounts;
using Chat.Testing;

namespace Chat.Host.Tests.Identity;

public sealed class CqlAccountStoreTests(CassandraServer server) : AccountStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private ICqlSession _session = null!;
    private CqlAccountStore? _store;

    private protected override IAccountStore Store => _store!;

    [Fact]
    public async Task An_account_whose_making_was_not_answered_is_known_to_be_made()
    {
        var ct = TestContext.Current.CancellationToken;
        var lost = false;
        var deaf = new CqlAccountStore(
            new FaultyCqlSession(_session, statement =>
            {
                var isFirst = !lost && statement.Cql.StartsWith("INSERT", StringComparison.Ordinal);
                lost |= isFirst;
                return Task.FromResult(isFirst ? CqlFault.NotAnswered : CqlFault.None);
            }),
            TimeProvider.System);

        Assert.True(await deaf.AddAsync(UserId.Parse("alice"), "hash", ct));
        Assert.True(lost);
        Assert.False(await Store.AddAsync(UserId.Parse("alice"), "another", ct));
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("identity", typeof(CqlAccountStore).Assembly, TestContext.Current.CancellationToken);
        _store = new CqlAccountStore(_session, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

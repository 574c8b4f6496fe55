using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Identity.Store;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Identity.Tests.Store;

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
                var isFirst = !lost && statement.Cql.StartsWith("INSERT INTO identity_accounts", StringComparison.Ordinal);
                lost |= isFirst;
                return Task.FromResult(isFirst ? CqlFault.NotAnswered : CqlFault.None);
            }),
            TimeProvider.System);

        Assert.True(await deaf.AddAsync(UserId.Parse("alice"), "hash", ct));
        Assert.True(lost);
        Assert.False(await Store.AddAsync(UserId.Parse("alice"), "another", ct));
    }

    [Fact]
    public async Task Accounts_of_the_version_before_are_there_still_and_none_that_looks_alike_is_added()
    {
        var ct = TestContext.Current.CancellationToken;
        foreach (var id in new[] { "alice", "ALICE" })
        {
            await _session.ExecuteAsync(
                new CqlStatement("INSERT INTO identity_accounts (user_id, password_hash) VALUES (?, 'old') IF NOT EXISTS", id) { Idempotent = false }, ct);
        }

        Assert.False(await Store.AddAsync(UserId.Parse("Alice"), "new", ct));

        Assert.Equal("old", await Store.FindPasswordHashAsync(UserId.Parse("alice"), ct));
        Assert.Equal("old", await Store.FindPasswordHashAsync(UserId.Parse("ALICE"), ct));
    }

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_the_id_can_be_had_later_and_by_one()
    {
        var ct = TestContext.Current.CancellationToken;
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        for (var (n, died) = (1, true); died; n++)
        {
            died = await DiesAsync(new CqlAccountStore(FaultyCqlSession.DyingAt(_session, n), clock).AddAsync(UserId.Parse($"Alice{n}"), "first", ct));
            clock.Advance(TimeSpan.FromMinutes(5));

            var added = await new CqlAccountStore(_session, clock).AddAsync(UserId.Parse($"alice{n}"), "second", ct);

            var first = await Store.FindPasswordHashAsync(UserId.Parse($"Alice{n}"), ct);
            Assert.Equal(first is null, added);
            Assert.True(died || first is not null);
        }
    }

    private static async Task<bool> DiesAsync(Task work)
    {
        try
        {
            await work;
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("identity", typeof(CqlAccountStore).Assembly, TestContext.Current.CancellationToken);
        _store = new CqlAccountStore(_session, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

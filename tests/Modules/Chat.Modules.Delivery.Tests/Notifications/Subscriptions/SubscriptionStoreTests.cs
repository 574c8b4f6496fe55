using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications.Subscriptions;

public sealed class SqliteSubscriptionStoreTests : SubscriptionStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("delivery", typeof(SqliteSubscriptionStore).Assembly);

    private protected override ISubscriptionStore Store => new SqliteSubscriptionStore(_stores.Database);

    public void Dispose() => _stores.Dispose();
}

public sealed class CqlSubscriptionStoreTests(CassandraServer server) : SubscriptionStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private ICqlSession _session = null!;

    private protected override ISubscriptionStore Store => new CqlSubscriptionStore(_session);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_dies_before_it_has_ended_the_earlier_subscription_leaves_nothing_that_is_sent_to()
    {
        var at = DateTimeOffset.UnixEpoch.AddYears(56);
        var earlier = new PushSubscription(World.Device("bob"), PushKind.Fcm, "same", null, null, null, false, PushContent.None, at, Guid.CreateVersion7(at));
        await Store.PutAsync(earlier, 3, Ct);
        for (var n = 1; await DiesAsync(n); n++)
        {
            var found = new[] { await Store.FindAsync(World.Device("bob"), Ct), await Store.FindAsync(World.Device("carol"), Ct) };
            Assert.InRange(found.Count(one => one is not null), 0, 1);
        }
        Assert.Null(await Store.FindAsync(World.Device("bob"), Ct));

        async Task<bool> DiesAsync(int statement)
        {
            try
            {
                await new CqlSubscriptionStore(FaultyCqlSession.DyingAt(_session, statement))
                    .PutAsync(earlier with { Device = World.Device("carol"), CreatedAt = at.AddSeconds(1) }, 3, Ct);
                return false;
            }
            catch (StoreUnavailableException)
            {
                return true;
            }
        }
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("delivery", typeof(CqlSubscriptionStore).Assembly, Ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Delivery.Notifications.Dead;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Tests.Notifications.Dead;
using Chat.Modules.Delivery.Tests.Notifications.Notified;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications;

public sealed class SqliteNotifiedStoreTests : NotifiedStoreContract, IDisposable
{
    private readonly TemporaryStores _stores = new("delivery", typeof(DeliveryModule).Assembly);

    private protected override INotifiedStore Store => new SqliteNotifiedStore(_stores.Database);

    public void Dispose() => _stores.Dispose();
}

public sealed class CqlNotifiedStoreTests(CassandraServer server) : NotifiedStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private ICqlSession _session = null!;

    private protected override INotifiedStore Store => new CqlNotifiedStore(_session);

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("delivery", typeof(DeliveryModule).Assembly, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class SqliteDeadLettersTests : DeadLettersContract, IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryStores _stores = new("delivery", typeof(DeliveryModule).Assembly);

    private protected override IDeadLetters Letters => new SqliteDeadLetters(_stores.Database, Settings, _clock);

    private protected override DateTimeOffset Now => _clock.GetUtcNow();

    [Fact]
    public async Task A_letter_of_more_than_a_week_is_gone()
    {
        var added = await AddAsync(1);
        _clock.Advance(IDeadLetters.Life + TimeSpan.FromMinutes(2));

        Assert.Null(await Letters.FindAsync(added[0].Id, TestContext.Current.CancellationToken));
        Assert.Empty(await Letters.ReadAsync(null, 10, TestContext.Current.CancellationToken));
    }

    public void Dispose() => _stores.Dispose();
}

public sealed class CqlDeadLettersTests(CassandraServer server) : DeadLettersContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlDeadLetters _letters = null!;

    private protected override IDeadLetters Letters => _letters;

    private protected override DateTimeOffset Now { get; } = TimeProvider.System.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var session = await server.OpenEmptyAsync("delivery", typeof(DeliveryModule).Assembly, TestContext.Current.CancellationToken);
        _letters = new CqlDeadLetters(session, Settings, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

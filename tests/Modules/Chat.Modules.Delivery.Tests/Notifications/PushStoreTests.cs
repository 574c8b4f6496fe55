using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Delivery.Notifications.Dead;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Tests.Notifications.Dead;
using Chat.Modules.Delivery.Tests.Notifications.Notified;
using Chat.Testing;
using Dapper;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications;

public sealed class SqliteNotifiedStoreTests : NotifiedStoreContract, IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryStores _stores = new("delivery", typeof(DeliveryModule).Assembly);

    private protected override INotifiedStore Store => new SqliteNotifiedStore(_stores.Database, _clock);

    [Fact]
    public async Task Places_end_some_time_after_they_were_saved_the_last_time()
    {
        var ct = TestContext.Current.CancellationToken;
        for (var n = 0; n < 100; n++)
            await Store.SaveAsync(Phone, World.Direct("bob", $"user{n}"), new NotifiedPlace(new SeqNo(5), default), ct);
        _clock.Advance(INotifiedStore.Life / 2);
        await Store.SaveAsync(Phone, World.Direct("bob", "user7"), new NotifiedPlace(new SeqNo(6), default), ct);
        _clock.Advance((INotifiedStore.Life / 2) + TimeSpan.FromMinutes(1));

        // Each that is saved takes some with it.
        for (var n = 0; n < 50; n++)
            await Store.SaveAsync(Phone, World.Direct("bob", "carol"), new NotifiedPlace(new SeqNo(n + 1), default), ct);

        Assert.Equal(6, (await Store.ReadAsync(Phone, World.Direct("bob", "user7"), ct)).UpTo.Value);
        Assert.Equal(default, await Store.ReadAsync(Phone, World.Direct("bob", "user8"), ct));
        Assert.Equal(2, _stores.Database.Read(reader => reader.ExecuteScalar<int>("SELECT count(*) FROM delivery_push_notified")));
    }

    [Fact]
    public async Task What_may_be_shown_is_read_in_the_order_in_which_it_was_saved()
    {
        var ct = TestContext.Current.CancellationToken;
        await SaveAsync("old", 5, 0);
        _clock.Advance(TimeSpan.FromHours(2));
        var since = _clock.GetUtcNow();
        await SaveAsync("zoe", 5, 0);
        await SaveAsync("alice", 7, 2);
        await SaveAsync("read", 7, 7);
        _clock.Advance(TimeSpan.FromHours(1));
        await SaveAsync("carol", 1, 0);
        await SaveAsync("zoe", 6, 0);

        var read = new List<ShownPlace>();
        while (await Store.ReadShownAsync(since, read.Count == 0 ? null : read[^1], 1, ct) is [var one])
            read.Add(one);

        Assert.Equal(
            [(World.Direct("alice", "bob"), 7L), (World.Direct("bob", "carol"), 1L), (World.Direct("bob", "zoe"), 6L)],
            read.Select(one => (one.Conversation, one.Place.UpTo.Value)));
        Assert.All(read, one => Assert.Equal(Phone, one.Device));

        Task SaveAsync(string user, long upTo, long withdrawn) =>
            Store.SaveAsync(Phone, World.Direct("bob", user), new NotifiedPlace(new SeqNo(upTo), new SeqNo(withdrawn)), ct);
    }

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

    [Fact]
    public async Task Places_end_some_time_after_they_were_saved_the_last_time()
    {
        var ct = TestContext.Current.CancellationToken;
        await Store.SaveAsync(Phone, World.Direct("alice", "bob"), new NotifiedPlace(new SeqNo(5), default), ct);

        var rows = (await _session.ExecuteAsync(new CqlStatement("SELECT TTL(notified), TTL(withdrawn) FROM delivery_push_notified"), ct)).Rows;

        var row = Assert.Single(rows);
        Assert.All([row.Get<int>(0), row.Get<int>(1)], left => Assert.InRange(left, INotifiedStore.Life.TotalSeconds - 600, INotifiedStore.Life.TotalSeconds));
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

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Delivery.Cursors;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Cursors;

public sealed class CqlCursorStoreTests(CassandraServer server) : CursorStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private static readonly DeviceAddress Bobs = World.Device("bob", "phone");
    private static readonly ConversationId Alices = World.Direct("alice", "bob");
    private static readonly ConversationId Carols = World.Direct("bob", "carol");

    private ICqlSession _session = null!;
    private CqlCursorStore? _store;

    private protected override ICursorStore Store => _store!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_has_not_heard_that_a_device_began_anew_neither_moves_its_cursors_nor_tells_those_of_before()
    {
        var other = Open(_session);
        await Store.AddDeviceAsync(Bobs, Starts(7), Ct);
        await SaveAsync(other, 9);
        await Store.RemoveDeviceAsync(Bobs, Ct);
        await Store.AddDeviceAsync(Bobs, Starts(3), Ct);

        await SaveAsync(other, 20);

        Assert.Equal(3, await ReadAsync(Store));
        Assert.InRange(await ReadAsync(other), 0, 3);
    }

    [Fact]
    public async Task A_host_hears_of_it_when_the_device_connects()
    {
        var other = Open(_session);
        await Store.AddDeviceAsync(Bobs, Starts(7), Ct);
        await SaveAsync(other, 9);
        await Store.RemoveDeviceAsync(Bobs, Ct);
        await Store.AddDeviceAsync(Bobs, Starts(3), Ct);

        Assert.Equal(DeviceStanding.Known, await other.GetStandingAsync(Bobs, Ct));
        Assert.Equal(3, await ReadAsync(other));
        await SaveAsync(other, 4);

        Assert.Equal(4, await ReadAsync(Store));
    }

    [Fact]
    public async Task What_a_device_acked_before_it_was_added_stays()
    {
        await SaveAsync(Store, 5);

        await Store.AddDeviceAsync(Bobs, Starts(3), Ct);

        Assert.Equal(5, await ReadAsync(Store));
    }

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_an_added_device_is_new_still_or_has_all_its_places()
    {
        for (var (n, died) = (1, true); died; n++)
        {
            died = await DiesAsync(() => Open(FaultyCqlSession.DyingAt(_session, n)).AddDeviceAsync(Bobs, Starts(7), Ct));

            var after = Open(_session);
            if (await after.GetStandingAsync(Bobs, Ct) is DeviceStanding.Known)
                Assert.Equal([7, 7], (await after.ReadAllAsync(Bobs.User, Bobs.Device, Ct)).Values.Select(cursor => cursor.Delivered.Value));
            else
                Assert.True(died);
            await after.RemoveDeviceAsync(Bobs, Ct);
        }
    }

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_a_removed_device_has_all_its_places_or_none()
    {
        for (var (n, died) = (1, true); died; n++)
        {
            await Store.AddDeviceAsync(Bobs, Starts(7), Ct);
            died = await DiesAsync(() => Open(FaultyCqlSession.DyingAt(_session, n)).RemoveDeviceAsync(Bobs, Ct));

            var after = Open(_session);
            var isKnown = await after.GetStandingAsync(Bobs, Ct) is DeviceStanding.Known;
            Assert.Equal(isKnown ? 2 : 0, (await after.ReadAllAsync(Bobs.User, Bobs.Device, Ct)).Count);
            Assert.True(died || !isKnown);
        }
    }

    [Fact]
    public async Task Many_cursors_of_a_device_are_saved_and_read_at_once()
    {
        var many = Enumerable.Range(1, 1_500).ToDictionary(_ => ConversationId.NewGroup(), n => new SeqNo(n));

        await Store.AddDeviceAsync(Bobs, many, Ct);

        Assert.Equal(many, (await Store.ReadAllAsync(Bobs.User, Bobs.Device, Ct)).ToDictionary(cursor => cursor.Key, cursor => cursor.Value.Delivered));
    }

    [Fact]
    public async Task One_that_cannot_be_saved_holds_up_no_other()
    {
        var (lost, kept) = (new CursorKey(Bobs.User, Bobs.Device, Alices), new CursorKey(UserId.Parse("dan"), DeviceId.Parse("phone"), Carols));
        var store = Open(new FaultyCqlSession(_session, statement => Task.FromResult(
            statement.Cql.StartsWith("UPDATE", StringComparison.Ordinal) && statement.Values.Contains(Bobs.User.Value) ? CqlFault.NotSent : CqlFault.None)));

        var faults = await store.SaveAsync(new[] { lost, kept }.ToDictionary(key => key, _ => new CursorValue(new SeqNo(9), SeqNo.None)), Ct);

        Assert.Equal(lost, Assert.Single(faults).Key);
        Assert.Equal(9, (await store.ReadAsync(kept, Ct)).Delivered.Value);
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("delivery", typeof(DeliveryModule).Assembly, Ct);
        _store = Open(_session);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static CqlCursorStore Open(ICqlSession session) => new(session, TimeProvider.System);

    private static Dictionary<ConversationId, SeqNo> Starts(long place) => new() { [Alices] = new(place), [Carols] = new(place) };

    private static async Task SaveAsync(ICursorStore store, long delivered) => await store.SaveAsync(
        [KeyValuePair.Create(new CursorKey(Bobs.User, Bobs.Device, Alices), new CursorValue(new SeqNo(delivered), SeqNo.None))], Ct);

    private static async Task<long> ReadAsync(ICursorStore store) =>
        (await store.ReadAsync(new CursorKey(Bobs.User, Bobs.Device, Alices), Ct)).Delivered.Value;

    private static async Task<bool> DiesAsync(Func<Task> work)
    {
        try
        {
            await work();
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }
}

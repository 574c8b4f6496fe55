using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests.Cursors;

public sealed class CursorTableTests : IDisposable
{
    private static readonly CursorKey Key = new(UserId.Parse("bob"), DeviceId.Parse("phone"), World.Direct("alice", "bob"));

    private readonly InMemoryCursorStore _store = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly CursorTable _table;

    public CursorTableTests() => _table = Open(_store);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_move_is_seen_at_once_and_is_in_the_store_after_a_save()
    {
        var cursor = await _table.GetAsync(Key, Ct);

        cursor.Deliver(new SeqNo(5));

        Assert.Same(cursor, await _table.GetAsync(Key, Ct));
        Assert.Equal(default, await _store.ReadAsync(Key, Ct));
        await _table.SaveAsync(Ct);
        Assert.Equal(5, (await _store.ReadAsync(Key, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task A_cursor_tells_where_it_was_and_never_moves_back()
    {
        var cursor = await _table.GetAsync(Key, Ct);

        Assert.Equal(0, cursor.Deliver(new SeqNo(5)).Value);
        Assert.Equal(5, cursor.Deliver(new SeqNo(3)).Value);
        Assert.Equal(0, cursor.MarkRead(new SeqNo(4)).Value);
        Assert.Equal(4, cursor.MarkRead(new SeqNo(4)).Value);

        Assert.Equal(5, cursor.Delivered.Value);
        Assert.Equal(4, cursor.Read.Value);
    }

    [Fact]
    public async Task One_of_many_devices_that_ack_at_once_moves_it()
    {
        var cursor = await _table.GetAsync(Key, Ct);

        var moved = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => cursor.Deliver(new SeqNo(9)).Value < 9, Ct)));

        Assert.Single(moved, first => first);
    }

    [Fact]
    public async Task Moves_are_saved_as_time_goes_by()
    {
        await _table.StartAsync(Ct);
        (await _table.GetAsync(Key, Ct)).Deliver(new SeqNo(5));

        await Wait.UntilAsync(async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            return (await _store.ReadAsync(Key, Ct)).Delivered.Value == 5;
        }, "the save");

        await _table.StopAsync(Ct);
    }

    [Fact]
    public async Task A_save_that_fails_keeps_the_moves_for_the_next()
    {
        (await _table.GetAsync(Key, Ct)).Deliver(new SeqNo(5));
        _store.FailNextSave();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _table.SaveAsync(Ct));
        Assert.True((await _table.GetAsync(Key, Ct)).Unsaved);
        await _table.SaveAsync(Ct);

        Assert.Equal(5, (await _store.ReadAsync(Key, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task One_that_cannot_be_saved_keeps_neither_others_from_the_store_nor_the_table_from_being_emptied()
    {
        using var table = Open(_store, maxCached: 1);
        var other = new CursorKey(UserId.Parse("dan"), DeviceId.Parse("phone"), World.Direct("alice", "dan"));
        _store.Refused.Add(Key);
        var refused = await table.GetAsync(Key, Ct);
        var saved = await table.GetAsync(other, Ct);
        refused.Deliver(new SeqNo(5));
        saved.Deliver(new SeqNo(7));

        await table.SaveAsync(new DeviceAddress(other.User, other.Device!.Value), Ct);
        Assert.Equal(7, (await _store.ReadAsync(other, Ct)).Delivered.Value);
        Assert.NotSame(saved, await table.GetAsync(other, Ct));
        Assert.Same(refused, await table.GetAsync(Key, Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => table.SaveAsync(new DeviceAddress(Key.User, Key.Device!.Value), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => table.SaveAsync(Ct));

        _store.Refused.Clear();
        await table.SaveAsync(Ct);
        Assert.Equal(5, (await _store.ReadAsync(Key, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task A_fault_of_the_store_does_not_end_the_saving()
    {
        await _table.StartAsync(Ct);
        var failed = false;
        _store.Saving = () =>
        {
            _store.Saving = null;
            failed = true;
            throw new InvalidOperationException("A bug, or a full disk.");
        };
        (await _table.GetAsync(Key, Ct)).Deliver(new SeqNo(5));

        await Wait.UntilAsync(async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            return (await _store.ReadAsync(Key, Ct)).Delivered.Value == 5;
        }, "the save after the fault");

        Assert.True(failed);
        await _table.StopAsync(Ct);
    }

    [Fact]
    public async Task A_move_during_a_save_is_in_the_next()
    {
        var cursor = await _table.GetAsync(Key, Ct);
        cursor.Deliver(new SeqNo(5));
        _store.Saving = () =>
        {
            _store.Saving = null;
            cursor.Deliver(new SeqNo(6));
        };

        await _table.SaveAsync(Ct);
        await _table.SaveAsync(Ct);

        Assert.Equal(6, (await _store.ReadAsync(Key, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task All_who_save_during_a_save_share_the_next_one_which_has_their_moves()
    {
        var (saves, hold) = (0, new TaskCompletionSource());
        _store.Saving = () =>
        {
            if (Interlocked.Increment(ref saves) == 1)
                hold.Task.GetAwaiter().GetResult();
        };
        var cursor = await _table.GetAsync(Key, Ct);
        cursor.Deliver(new SeqNo(1));
        var first = _table.SaveAsync(Ct);
        await Wait.UntilAsync(() => saves == 1, "the first save");

        var others = Enumerable.Range(2, 20).Select(place =>
        {
            cursor.Deliver(new SeqNo(place));
            return _table.SaveAsync(Ct);
        }).ToList();
        hold.SetResult();
        await Task.WhenAll([first, .. others]);

        Assert.Equal(2, saves);
        Assert.Equal(21, (await _store.ReadAsync(Key, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task Of_a_cursor_evicted_in_use_and_the_one_loaded_after_it_the_further_is_saved()
    {
        var held = await _table.GetAsync(Key, Ct);
        _table.Forget(new DeviceAddress(Key.User, Key.Device!.Value));
        var loaded = await _table.GetAsync(Key, Ct);

        held.Deliver(new SeqNo(9));
        loaded.Deliver(new SeqNo(4));
        await _table.SaveAsync(Ct);

        Assert.Equal(9, (await _store.ReadAsync(Key, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task What_is_not_in_use_is_evicted_beyond_the_limit_and_read_again()
    {
        using var table = Open(_store, maxCached: 1);
        await table.StartAsync(Ct);
        var other = Key with { Device = DeviceId.Parse("laptop") };
        var cursor = await table.GetAsync(Key, Ct);
        cursor.Deliver(new SeqNo(5));
        await table.GetAsync(other, Ct);

        await Wait.UntilAsync(async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            return await table.GetAsync(Key, Ct) != cursor;
        }, "the eviction");

        Assert.Equal(5, (await table.GetAsync(Key, Ct)).Delivered.Value);
        await table.StopAsync(Ct);
    }

    [Fact]
    public async Task A_device_that_connects_goes_on_where_the_store_says_that_other_nodes_have_left_it()
    {
        var store = new InMemoryCursorStore();
        using var table = Open(store);
        var device = new DeviceAddress(Key.User, Key.Device!.Value);
        var (further, forgotten) = (Key, Key with { Conversation = World.Direct("bob", "carol") });
        var moving = Key with { Conversation = World.Direct("bob", "dan") };
        foreach (var key in new[] { further, forgotten })
            (await table.GetAsync(key, Ct)).Deliver(new SeqNo(5));
        await table.SaveAsync(Ct);
        (await table.GetAsync(moving, Ct)).Deliver(new SeqNo(5));

        table.Replace(device, new Dictionary<ConversationId, SeqNo>
        {
            [further.Conversation] = new(9),
            [forgotten.Conversation] = new(3),
            [moving.Conversation] = new(4),
        });

        Assert.Equal(9, (await table.GetAsync(further, Ct)).Delivered.Value);
        Assert.Equal(3, (await table.GetAsync(forgotten, Ct)).Delivered.Value);
        Assert.Equal(5, (await table.GetAsync(moving, Ct)).Delivered.Value);
    }

    [Fact]
    public async Task What_other_nodes_have_moved_is_read_with_what_moves_here()
    {
        var store = new InMemoryCursorStore();
        using var table = Open(store);
        var key = Key with { Device = null };
        (await table.GetAsync(key, Ct)).Deliver(new SeqNo(5));

        await store.SaveAsync([KeyValuePair.Create(key, new CursorValue(new SeqNo(4), new SeqNo(3)))], Ct);

        Assert.Equal([new CursorValue(new SeqNo(5), new SeqNo(3))], await table.ReadUsersAsync(key.Conversation, [key.User], Ct));
    }

    [Fact]
    public async Task Stopping_saves_and_a_restart_finds_it()
    {
        using var stores = new TemporaryStores("delivery", typeof(DeliveryModule).Assembly);
        using (var before = Open(new SqliteCursorStore(stores.Database, _clock)))
        {
            await before.StartAsync(Ct);
            (await before.GetAsync(Key, Ct)).Deliver(new SeqNo(5));
            await before.StopAsync(Ct);
        }

        stores.Close();

        using var after = Open(new SqliteCursorStore(stores.Database, _clock));
        Assert.Equal(5, (await after.GetAsync(Key, Ct)).Delivered.Value);
    }

    public void Dispose() => _table.Dispose();

    private CursorTable Open(ICursorStore store, int maxCached = 1_000) => new(
        store, Options.Create(new DeliveryOptions { MaxCachedCursors = maxCached }), _clock, NullLogger<CursorTable>.Instance);
}

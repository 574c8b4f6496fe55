using Chat.BuildingBlocks.Errors;
using Chat.Testing;
using Dapper;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Sqlite;

/// <summary>A database whose disk stands still.</summary>
public sealed class WaitingWritesTests : IDisposable
{
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider _clock = new();
    private readonly ManualResetEventSlim _disk = new();
    private readonly TemporaryStores _stores;

    public WaitingWritesTests() => _stores = new TemporaryStores(
        "test", typeof(WaitingWritesTests).Assembly, new StorageOptions { WriteTimeoutMs = 5_000, MaxWaitingWrites = 4 }, _clock);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _disk.Set();
        _stores.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public async Task A_write_that_waits_too_long_is_withdrawn_and_never_done()
    {
        await HoldAsync();
        var waiting = InsertAsync(1);

        _clock.Advance(TooLong);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => waiting);
        _disk.Set();
        await Wait.UntilAsync(() => _stores.Database.Waiting == 0, "the disk");
        await InsertAsync(2);
        Assert.Equal([2], Numbers());
    }

    [Fact]
    public async Task A_write_under_way_is_given_up_in_time_and_readers_can_wait_for_its_end()
    {
        var held = await HoldAsync(1);
        Assert.True(_stores.Database.SettledAsync(Ct).IsCompletedSuccessfully);

        _clock.Advance(TooLong);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => held);
        var settled = _stores.Database.SettledAsync(Ct);
        Assert.False(settled.IsCompleted);
        Assert.Empty(Numbers());
        _disk.Set();
        await settled;
        Assert.Equal([1], Numbers());
        Assert.True(_stores.Database.SettledAsync(Ct).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Who_waits_for_the_end_of_a_write_is_told_in_time_that_there_is_none()
    {
        var held = await HoldAsync(1);
        _clock.Advance(TooLong);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => held);
        var settled = _stores.Database.SettledAsync(Ct);

        _clock.Advance(TooLong);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => settled);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_at_once_and_taken_when_there_is_room()
    {
        var held = await HoldAsync();
        var waiting = Enumerable.Range(1, 3).Select(InsertAsync).ToList();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(4));

        _disk.Set();
        await held;
        await Task.WhenAll(waiting);
        await InsertAsync(5);
        Assert.Equal([1, 2, 3, 5], Numbers());
    }

    [Fact]
    public async Task Writes_that_were_withdrawn_still_count_until_the_disk_goes_on()
    {
        await HoldAsync();
        var waiting = Enumerable.Range(1, 3).Select(InsertAsync).ToList();
        _clock.Advance(TooLong);
        foreach (var write in waiting)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => write);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(4));

        Assert.Equal(4, _stores.Database.Waiting);
    }

    [Fact]
    public async Task While_the_oldest_write_takes_too_long_the_database_is_not_ready()
    {
        await HoldAsync();
        await _stores.Database.ProbeAsync(Ct);

        _clock.Advance(TooLong);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _stores.Database.ProbeAsync(Ct));
        _disk.Set();
        await Wait.UntilAsync(() => _stores.Database.Waiting == 0, "the disk");
        await _stores.Database.ProbeAsync(Ct);
    }

    [Fact]
    public async Task Upkeep_is_not_given_up()
    {
        await HoldAsync();
        var upkeep = _stores.Database.OptimiseAsync();

        _clock.Advance(TooLong);
        Assert.False(upkeep.IsCompleted);

        _disk.Set();
        await upkeep;
    }

    /// <summary>Returns when the writer stands still, in a write of <paramref name="number"/>.</summary>
    private async Task<Task> HoldAsync(int number = 0)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = _stores.Database.WriteAsync(
            connection =>
            {
                if (number > 0)
                    connection.Execute("INSERT INTO numbers VALUES ($number)", new { number });
                reached.SetResult();
                _disk.Wait(CancellationToken.None);
            }, Ct);
        await reached.Task;
        return held;
    }

    private Task InsertAsync(int number) => _stores.Database.WriteAsync(
        connection => { connection.Execute("INSERT INTO numbers VALUES ($number)", new { number }); }, Ct);

    private List<long> Numbers() => _stores.Database.Read(reader => reader.Query<long>("SELECT number FROM numbers ORDER BY number").AsList());
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using Chat.BuildingBlocks.Queues;

namespace Chat.BuildingBlocks.Tests.Queues;

public sealed class BatchWorkerTests : IDisposable
{
    private readonly ConcurrentQueue<int[]> _batches = new();
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly SemaphoreSlim _working = new(0);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _gate.Dispose();
        _working.Dispose();
    }

    [Fact]
    public async Task Items_are_worked_off_in_the_order_in_which_they_came()
    {
        using (var worker = Worker())
        {
            for (var item = 0; item < 1000; item++)
                await worker.EnqueueAsync(item, Ct);
        }

        Assert.Equal(Enumerable.Range(0, 1000), _batches.SelectMany(batch => batch));
    }

    [Fact]
    public async Task What_gathers_while_the_worker_is_busy_goes_together_up_to_the_largest_batch()
    {
        using (var worker = Worker(maxBatch: 4))
        {
            await OccupyAsync(worker);
            for (var item = 1; item <= 10; item++)
                await worker.EnqueueAsync(item, Ct);
            Assert.Equal(10, worker.Waiting);
            _gate.Set();
        }

        Assert.Equal(["0", "1 2 3 4", "5 6 7 8", "9 10"], _batches.Select(batch => string.Join(' ', batch)));
    }

    [Fact]
    public async Task A_full_queue_lets_the_next_wait_for_room_and_keeps_the_order()
    {
        using (var worker = Worker(maxWaiting: 2))
        {
            await OccupyAsync(worker);
            await worker.EnqueueAsync(1, Ct);
            await worker.EnqueueAsync(2, Ct);
            var third = worker.EnqueueAsync(3, Ct).AsTask();
            var fourth = worker.EnqueueAsync(4, Ct).AsTask();
            Assert.False(third.IsCompleted || fourth.IsCompleted);
            Assert.Equal(2, worker.Waiting);

            _gate.Set();
            await third;
            await fourth;
        }

        Assert.Equal(Enumerable.Range(0, 5), _batches.SelectMany(batch => batch));
    }

    [Fact]
    public async Task Who_waits_for_room_may_give_up()
    {
        using (var worker = Worker(maxWaiting: 1))
        {
            await OccupyAsync(worker);
            await worker.EnqueueAsync(1, Ct);
            using var patience = new CancellationTokenSource();
            var waiting = worker.EnqueueAsync(2, patience.Token).AsTask();

            await patience.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            _gate.Set();
        }

        Assert.Equal([0, 1], _batches.SelectMany(batch => batch));
    }

    [Fact]
    public async Task Disposing_works_off_what_waits_and_takes_no_more()
    {
        var worker = Worker(maxWaiting: 2);
        await OccupyAsync(worker);
        await worker.EnqueueAsync(1, Ct);
        await worker.EnqueueAsync(2, Ct);
        var withoutRoom = worker.EnqueueAsync(3, Ct).AsTask();

        var disposing = Task.Run(worker.Dispose, Ct);
        await Assert.ThrowsAsync<ChannelClosedException>(() => withoutRoom);
        _gate.Set();
        await disposing;

        Assert.Equal([0, 1, 2], _batches.SelectMany(batch => batch));
        await Assert.ThrowsAsync<ChannelClosedException>(() => worker.EnqueueAsync(4, Ct).AsTask());
    }

    private BatchWorker<int> Worker(int maxWaiting = 10_000, int maxBatch = 100) => new("test", maxWaiting, maxBatch, batch =>
    {
        _batches.Enqueue([.. batch]);
        _working.Release();
        _gate.Wait(Ct);
    });

    // Item 0 keeps the worker busy until the gate is set.
    private async Task OccupyAsync(BatchWorker<int> worker)
    {
        _gate.Reset();
        await worker.EnqueueAsync(0, Ct);
        await _working.WaitAsync(Ct);
    }
}

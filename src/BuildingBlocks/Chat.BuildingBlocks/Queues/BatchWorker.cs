using System.Threading.Channels;

namespace Chat.BuildingBlocks.Queues;

/// <summary>
/// One thread that works off a bounded queue in batches: whatever has gathered while it was busy goes together, so that the price of one
/// fsync is shared. With nothing waiting an item is a batch of its own, and waits for nobody.
/// </summary>
public sealed class BatchWorker<T> : IDisposable
{
    private readonly Channel<T> _waiting;
    private readonly int _maxBatch;
    private readonly Action<List<T>> _work;
    private readonly Thread _thread;

    /// <param name="maxWaiting">Items that may wait; beyond it <see cref="EnqueueAsync"/> waits for room.</param>
    /// <param name="maxBatch">Items in one batch at most, so that the first of a long queue does not wait for the last.</param>
    /// <param name="work">Runs on the thread, one batch after the other; settles every item itself and must not throw.</param>
    public BatchWorker(string name, int maxWaiting, int maxBatch, Action<List<T>> work)
    {
        _waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });
        _maxBatch = maxBatch;
        _work = work;
        _thread = new Thread(WorkOff) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Items that wait now.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Puts an item behind those that wait; calls made one after the other keep their order.</summary>
    /// <exception cref="ChannelClosedException">The worker has been disposed of.</exception>
    public ValueTask EnqueueAsync(T item, CancellationToken ct) =>
        _waiting.Writer.TryWrite(item) ? ValueTask.CompletedTask : _waiting.Writer.WriteAsync(item, ct);

    /// <summary>Takes no more, and returns when what waited is done.</summary>
    public void Dispose()
    {
        _waiting.Writer.TryComplete();
        _thread.Join();
    }

    private void WorkOff()
    {
        var batch = new List<T>(_maxBatch);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < _maxBatch && _waiting.Reader.TryRead(out var item))
                batch.Add(item);
            _work(batch);
            batch.Clear();
        }
    }
}

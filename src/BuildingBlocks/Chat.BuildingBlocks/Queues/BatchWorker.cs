using System.Threading.Channels;

namespace Chat.BuildingBlocks.Queues;

/// <summary>
/// One thread that processes a bounded queue in batches: items that arrive while it is busy form the next batch, so that they share one fsync. On an idle
/// worker an item is processed at once, alone.
/// </summary>
public sealed class BatchWorker<T> : IDisposable
{
    private readonly Channel<T> _waiting;
    private readonly int _maxBatch;
    private readonly Action<List<T>> _work;
    private readonly Thread _thread;

    /// <param name="maxWaiting">The queue's capacity; when it is full, <see cref="EnqueueAsync"/> waits.</param>
    /// <param name="maxBatch">The most items in a batch, so that the first of a long queue does not wait for the last.</param>
    /// <param name="work">Runs on the thread, one batch at a time. It completes every item itself, and must not throw.</param>
    public BatchWorker(string name, int maxWaiting, int maxBatch, Action<List<T>> work)
    {
        _waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });
        _maxBatch = maxBatch;
        _work = work;
        _thread = new Thread(WorkOff) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>The number of waiting items.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Adds an item to the end of the queue.</summary>
    /// <exception cref="ChannelClosedException">The worker is disposed.</exception>
    public ValueTask EnqueueAsync(T item, CancellationToken ct) =>
        _waiting.Writer.TryWrite(item) ? ValueTask.CompletedTask : _waiting.Writer.WriteAsync(item, ct);

    /// <summary>Accepts no more items, and returns when the waiting ones are processed.</summary>
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

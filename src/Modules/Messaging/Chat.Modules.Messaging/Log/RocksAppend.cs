using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Messaging.Log;

/// <summary>A message on its way through the embedded log's writer. Waiters resume on the thread that answers.</summary>
internal sealed class RocksAppend(MessageDraft draft) : TaskCompletionSource<AppendedMessage>
{
    public MessageDraft Draft => draft;

    // Hashed on the sender's thread: the writer's is the one that everybody shares.
    public int SenderHash { get; } = draft.Sender.GetHashCode();

    public int AttemptHash { get; } = HashCode.Combine(draft.Sender.User, draft.ClientMsgId);

    // Only the writer's thread writes these.
    public Activity Activity { get; set; }

    public AppendedMessage? Outcome { get; set; }

    public StoreUnavailableException? Failure { get; set; }

    /// <summary>The next one of its device in the same commit.</summary>
    public RocksAppend? Next { get; set; }

    public void Answer()
    {
        if (Failure is null)
            SetResult(Outcome!);
        else
            SetException(Failure);
    }
}

/// <summary>Appends are equal that are the same attempt of the same user.</summary>
internal sealed class SameAttempt : IEqualityComparer<RocksAppend>
{
    public bool Equals(RocksAppend? one, RocksAppend? other) =>
        one!.Draft.ClientMsgId == other!.Draft.ClientMsgId && one.Draft.Sender.User == other.Draft.Sender.User;

    public int GetHashCode(RocksAppend append) => append.AttemptHash;
}

/// <summary>
/// Answers what one commit has settled, off the writer's thread. Waiters resume right here, which costs less than handing each to a thread
/// of its own; and as that may take long, another thread is always called to go on with the rest. Those of one device are answered in
/// their order, so that neither its acks nor the fan-out have to be put in order again.
/// </summary>
internal sealed class RocksAnswering : IThreadPoolWorkItem
{
    // The first of each device; a few devices share a row, as their hashes do.
    private readonly List<RocksAppend> _firsts = [];
    private int _taken;

    /// <param name="appends">In their order.</param>
    /// <param name="last">Room for the last one of each row, as long as a power of two; empty, and empty again afterwards.</param>
    public RocksAnswering(List<RocksAppend> appends, RocksAppend?[] last)
    {
        foreach (var append in appends)
        {
            ref var before = ref last[append.SenderHash & (last.Length - 1)];
            if (before is null)
                _firsts.Add(append);
            else
                before.Next = append;
            before = append;
        }
        foreach (var append in _firsts)
            last[append.SenderHash & (last.Length - 1)] = null;
    }

    public void Execute()
    {
        for (var isFirst = true; Interlocked.Increment(ref _taken) - 1 is var next && next < _firsts.Count; isFirst = false)
        {
            if (isFirst && next + 1 < _firsts.Count)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            for (var append = _firsts[next]; append is not null; append = append.Next)
                append.Answer();
        }
    }
}

using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>A message on its way through the embedded log's writer. Waiters resume on the thread that answers.</summary>
/// <remarks>The answer is null where the append was refused.</remarks>
internal sealed class RocksAppend(MessageDraft draft) : TaskCompletionSource<AppendedMessage?>
{
    public MessageDraft Draft => draft;

    // Hashed on the sender's thread, since all appends share the writer's.
    public int SenderHash { get; } = draft.Sender.GetHashCode();

    public int AttemptHash { get; } = HashCode.Combine(draft.Sender.User, draft.ClientMsgId);

    // Only the writer's thread writes these.
    public Activity Activity { get; set; }

    public AppendedMessage? Outcome { get; set; }

    /// <summary>Of a change that was judged.</summary>
    public Error? Refusal { get; set; }

    public StoreUnavailableException? Failure { get; set; }

    /// <summary>The next one of its device in the same commit.</summary>
    public RocksAppend? Next { get; set; }

    public void Answer()
    {
        if (Failure is null)
            SetResult(Outcome);
        else
            SetException(Failure);
    }
}

/// <summary>Two appends are equal if they are the same attempt of the same user.</summary>
internal sealed class SameAttempt : IEqualityComparer<RocksAppend>
{
    public bool Equals(RocksAppend? one, RocksAppend? other) =>
        one!.Draft.ClientMsgId == other!.Draft.ClientMsgId && one.Draft.Sender.User == other.Draft.Sender.User;

    public int GetHashCode(RocksAppend append) => append.AttemptHash;
}

/// <summary>
/// Completes the appends of one commit, off the writer's thread. Waiters resume on this thread, which costs less than a thread for each; since they may take
/// long, another thread is always started to continue with the rest. The appends of one device complete in order, so that neither its acks nor the fan-out must
/// be sorted again.
/// </summary>
internal sealed class RocksAnswering : IThreadPoolWorkItem
{
    // The first append of each device; devices with the same hash share a row.
    private readonly List<RocksAppend> _firsts = [];
    private int _taken;

    /// <param name="appends">In order.</param>
    /// <param name="last">Buffer for the last append of each row; its length is a power of two. Empty before and after the call.</param>
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

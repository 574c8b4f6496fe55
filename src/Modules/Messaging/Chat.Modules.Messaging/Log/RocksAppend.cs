using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>A message on its way through the embedded log's writer.</summary>
internal sealed class RocksAppend(MessageDraft draft)
{
    // Who waits goes on where it is answered.
    private readonly TaskCompletionSource<AppendedMessage> _done = new();

    public MessageDraft Draft => draft;

    /// <summary>All of its id but the time in it, until it has its place.</summary>
    public MessageId Id { get; private set; } = MessageId.New(draft.Now);

    public byte[] Encoded { get; } = MessageCodec.Encode(draft);

    public Activity Activity { get; private set; }

    public Task<AppendedMessage> Done => _done.Task;

    // Only the writer's thread writes these.
    public AppendedMessage? Outcome { get; set; }

    public StoreUnavailableException? Failure { get; set; }

    /// <summary>The next one of its device in the same commit.</summary>
    public RocksAppend? Next { get; set; }

    public void Stamp(Activity activity)
    {
        Activity = activity;
        Id = activity.In(Id);
        MessageCodec.WriteId(Encoded, Id);
    }

    public void Answer()
    {
        if (Failure is null)
            _done.SetResult(Outcome!);
        else
            _done.SetException(Failure);
    }
}

/// <summary>
/// Answers what one commit has settled, off the writer's thread. Who waited goes on right here, which costs less than handing each to a thread
/// of its own; and as that may take long, another thread is always called to go on with the rest. Those of one device are answered in
/// their order, so that neither its acks nor the fan-out have to be put in order again.
/// </summary>
internal sealed class RocksAnswering : IThreadPoolWorkItem
{
    // The first of each device.
    private readonly List<RocksAppend> _firsts = [];
    private int _taken;

    public RocksAnswering(List<RocksAppend> appends)
    {
        var newest = new Dictionary<DeviceAddress, RocksAppend>(appends.Count);
        foreach (var append in appends)
        {
            ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, append.Draft.Sender, out var isKnown);
            if (isKnown)
                last!.Next = append;
            else
                _firsts.Add(append);
            last = append;
        }
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

using System.Collections.Concurrent;
using System.Threading.Channels;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>A message that waits for the fan-out; without one it only wakes the worker.</summary>
internal readonly record struct FanOutItem(MessageAppended? Appended, long AppendedAt);

/// <summary>
/// The messages that wait for the fan-out, in lanes by conversation: one worker has all of a conversation. The sender never waits: when a lane is full, only
/// the conversation's newest seqNo is kept, and connections read the log.
/// </summary>
internal sealed class FanOutQueue
{
    private readonly Lane[] _lanes;
    private readonly DeliveryMetrics _metrics;

    public FanOutQueue(IOptions<DeliveryOptions> options, DeliveryMetrics metrics)
    {
        _metrics = metrics;
        _lanes = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 8)).Select(_ => new Lane(options.Value.MaxFanOutQueue))];
        metrics.Observe("chat.fanout.waiting", "Messages that wait for the fan-out.", () => _lanes.Sum(lane => lane.Items.Reader.Count));
    }

    public IReadOnlyList<Lane> Lanes => _lanes;

    public void Offer(MessageAppended appended)
    {
        var conversation = appended.Message.Conversation;
        var lane = LaneOf(conversation);
        var item = new FanOutItem(appended, _metrics.Now);
        if (lane.TryWrite(item))
            return;
        lane.Note(conversation, appended.Message.SeqNo);
        _metrics.Overflowed();
        // If the worker has emptied the lane meanwhile, it waits for the next item before it reads the overflow: this item wakes it.
        lane.TryWrite(item);
    }

    /// <summary>Conversations have messages up to a seqNo that may not have been fanned out: their connections read them from the log.</summary>
    public void Note(IReadOnlyList<FeedEntry> entries)
    {
        foreach (var entry in entries)
            LaneOf(entry.Conversation).Note(entry.Conversation, entry.SeqNo);
        // A lane without room has a worker that is awake, and reads the overflow after its items.
        foreach (var lane in _lanes)
            lane.TryWrite(default);
    }

    /// <summary>What was offered so far, for <see cref="HasSettled"/>.</summary>
    public long[] Offered() => [.. _lanes.Select(lane => lane.Written)];

    /// <summary>Whether all that was offered by then was given to its connections.</summary>
    public bool HasSettled(long[] offered) => _lanes.Zip(offered).All(lane => lane.First.Settled >= lane.Second);

    /// <summary>Whether nothing waits, and nothing has failed.</summary>
    public bool IsSettled => HasSettled(Offered());

    /// <summary>Accepts no more messages; waiting ones are still fanned out.</summary>
    public void Complete()
    {
        foreach (var lane in _lanes)
            lane.Items.Writer.TryComplete();
    }

    private Lane LaneOf(ConversationId conversation) => _lanes[(uint)conversation.GetHashCode() % (uint)_lanes.Length];

    /// <summary>One worker's share.</summary>
    internal sealed class Lane(int capacity)
    {
        public Channel<FanOutItem> Items { get; } = Channel.CreateBounded<FanOutItem>(new BoundedChannelOptions(capacity) { SingleReader = true });

        private long _written;
        private long _settled;

        /// <summary>Items put into it so far.</summary>
        public long Written => Volatile.Read(ref _written);

        /// <summary>So many of them, the first ones, have reached their connections, and what found no room among them as well. Its worker alone sets it.</summary>
        public long Settled { get => Volatile.Read(ref _settled); set => Volatile.Write(ref _settled, value); }

        public bool TryWrite(FanOutItem item)
        {
            if (!Items.Writer.TryWrite(item))
                return false;
            Interlocked.Increment(ref _written);
            return true;
        }

        /// <summary>Conversations whose messages are to be read from the log, up to a seqNo.</summary>
        public ConcurrentDictionary<ConversationId, SeqNo> Overflow { get; } = new();

        public void Note(ConversationId conversation, SeqNo head) =>
            Overflow.AddOrUpdate(conversation, head, (_, other) => SeqNo.Max(other, head));
    }
}

using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>What a timeline shows, at one moment.</summary>
/// <param name="Messages">Ascending, without a gap.</param>
/// <param name="Low">The seqNo from which everything is shown; null if nothing is.</param>
/// <param name="HasOlder">Whether there may be older messages.</param>
internal sealed record TimelineView(ImmutableArray<Message> Messages, long? Low, bool HasOlder)
{
    public static TimelineView Nothing { get; } = new([], null, false);

    /// <summary>All messages from a seqNo up.</summary>
    public static TimelineView From(IEnumerable<Message> messages, long low) => new([.. messages], low, low > 1);

    /// <summary>Without what is cleared: nothing of that is missing.</summary>
    public TimelineView Above(long cleared) => Low is null || Low > cleared
        ? this
        : new TimelineView(Messages.RemoveAll(message => message.SeqNo <= cleared), 1, HasOlder: false);

    /// <summary>With more messages; one with a seqNo that is shown replaces it.</summary>
    public TimelineView With(IEnumerable<Message> added)
    {
        var bySeqNo = new SortedList<long, Message>();
        foreach (var message in added)
            bySeqNo[message.SeqNo] = message;
        if (bySeqNo.Count == 0)
            return this;
        // Nearly always all of them are newer than those shown.
        if (Messages.IsEmpty || bySeqNo.Keys[0] > Messages[^1].SeqNo)
            return this with { Messages = Messages.AddRange(bySeqNo.Values) };
        var merged = ImmutableArray.CreateBuilder<Message>(Messages.Length + bySeqNo.Count);
        var i = 0;
        foreach (var (seqNo, message) in bySeqNo)
        {
            for (; i < Messages.Length && Messages[i].SeqNo < seqNo; i++)
                merged.Add(Messages[i]);
            if (i < Messages.Length && Messages[i].SeqNo == seqNo)
                i++;
            merged.Add(message);
        }
        merged.AddRange(Messages.AsSpan()[i..]);
        return this with { Messages = merged.ToImmutable() };
    }
}

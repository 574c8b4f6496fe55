using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>What a timeline shows, at one moment.</summary>
/// <param name="Messages">Ascending, without a gap.</param>
/// <param name="Notices">Ascending, likewise.</param>
/// <param name="Low">The seqNo from which everything is shown; null if nothing is.</param>
/// <param name="HasOlder">Whether there may be older messages.</param>
internal sealed record TimelineView(ImmutableArray<Message> Messages, ImmutableArray<Notice> Notices, long? Low, bool HasOlder)
{
    public static TimelineView Nothing { get; } = new([], [], null, false);

    /// <summary>All from a seqNo up.</summary>
    public static TimelineView From(IEnumerable<Message> messages, IEnumerable<Notice> notices, long low) => new([.. messages], [.. notices], low, low > 1);

    /// <summary>Without what is cleared: nothing of that is missing.</summary>
    public TimelineView Above(long cleared) => Low is null || Low > cleared
        ? this
        : new TimelineView(Messages.RemoveAll(message => message.SeqNo <= cleared), Notices.RemoveAll(notice => notice.SeqNo <= cleared), 1, HasOlder: false);

    /// <summary>With more messages and notices; one with a seqNo that is shown takes its place.</summary>
    public TimelineView With(IEnumerable<Message> messages, IEnumerable<Notice> notices) => this with
    {
        Messages = Merged(Messages, messages, message => message.SeqNo),
        Notices = Merged(Notices, notices, notice => notice.SeqNo),
    };

    private static ImmutableArray<T> Merged<T>(ImmutableArray<T> shown, IEnumerable<T> added, Func<T, long> seqNoOf)
    {
        var bySeqNo = new SortedList<long, T>();
        foreach (var entry in added)
            bySeqNo[seqNoOf(entry)] = entry;
        if (bySeqNo.Count == 0)
            return shown;
        // Nearly always all of them are newer than those shown.
        if (shown.IsEmpty || bySeqNo.Keys[0] > seqNoOf(shown[^1]))
            return shown.AddRange(bySeqNo.Values);
        var merged = ImmutableArray.CreateBuilder<T>(shown.Length + bySeqNo.Count);
        var i = 0;
        foreach (var (seqNo, entry) in bySeqNo)
        {
            for (; i < shown.Length && seqNoOf(shown[i]) < seqNo; i++)
                merged.Add(shown[i]);
            if (i < shown.Length && seqNoOf(shown[i]) == seqNo)
                i++;
            merged.Add(entry);
        }
        merged.AddRange(shown.AsSpan()[i..]);
        return merged.ToImmutable();
    }
}

using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Feed;

/// <summary>
/// The durations of the feed and the inbox, on which the servers of a cluster must agree (docs/adr/0009). The keys of rows depend on them: never change
/// <see cref="Default"/>.
/// </summary>
internal sealed record ClusterTimes
{
    public static ClusterTimes Default { get; } = new();

    /// <summary>In the feed a conversation has one row in this time.</summary>
    public TimeSpan FeedSpan { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>In a user's inbox a conversation has one row in this time, in the part by spans.</summary>
    public TimeSpan InboxSpan { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same in the part by days. A multiple of <see cref="InboxSpan"/>.</summary>
    public TimeSpan InboxDay { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The inbox is read by spans this far back, and by days beyond it.</summary>
    public TimeSpan SpansReadBack { get; init; } = TimeSpan.FromDays(2);

    /// <summary>How much the servers' clocks may differ.</summary>
    public TimeSpan ClockSpread { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The time from a touch to the answer of a message, at most. If it takes longer, the conversation is touched again before the answer.</summary>
    public TimeSpan TouchValidity { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>A server that has not renewed its stream for this time begins another.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long rows by spans are kept.</summary>
    public TimeSpan SpansKept { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How long rows by days are kept.</summary>
    /// <summary>How long rows by days are kept.</summary>
    public TimeSpan DaysKept { get; init; } = TimeSpan.FromDays(60);

    /// <summary>How long the mark of a complete inbox is kept: less than the rows.</summary>
    /// <summary>How long the mark of a complete inbox is kept: less than the rows.</summary>
    public TimeSpan MarkKept { get; init; } = TimeSpan.FromDays(45);

    /// <summary>An inbox of this age is built again from the log when it is used.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// A reader has seen everything up to this long before its present time. What it has not seen is answered later, by a server whose clock is
    /// at most <see cref="ClockSpread"/> behind, and which touched the conversation at most <see cref="TouchValidity"/> before.
    /// </summary>
    public TimeSpan Margin => ClockSpread + TouchValidity;

    /// <summary>How long after an inbox was lost servers may still rely on rows that were lost with it.</summary>
    public TimeSpan LostRowsTimeout => InboxSpan + TouchValidity + ClockSpread;

    public long FeedSpanOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / (long)FeedSpan.TotalMilliseconds;

    public DateTimeOffset FeedSpanBegin(long span) => DateTimeOffset.FromUnixTimeMilliseconds(span * (long)FeedSpan.TotalMilliseconds);

    public long SpanOf(Activity activity) => activity.UnixMs / (long)InboxSpan.TotalMilliseconds;

    /// <summary>The lowest activity of a span.</summary>
    public Activity SpanBegin(long span) => Activity.At(span * (long)InboxSpan.TotalMilliseconds);

    /// <summary>The lowest activity of a day.</summary>
    public Activity DayBegin(long day) => Activity.At(day * (long)InboxDay.TotalMilliseconds);

    public long DayOf(Activity activity) => activity.UnixMs / (long)InboxDay.TotalMilliseconds;
}

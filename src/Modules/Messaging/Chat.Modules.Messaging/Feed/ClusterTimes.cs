using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Feed;

/// <summary>
/// The durations on which the servers of a cluster agree for the feed and the inbox (docs/adr/0009). Rows are found by them: those that are not a test's are
/// never to be changed.
/// </summary>
internal sealed record ClusterTimes
{
    public static ClusterTimes Default { get; } = new();

    /// <summary>In the feed a conversation is named once within so long.</summary>
    public TimeSpan FeedSpan { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>In a user's inbox a conversation is named once within so long.</summary>
    public TimeSpan InboxSpan { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>And in its coarse part once within so long, which is a multiple of <see cref="InboxSpan"/>.</summary>
    public TimeSpan InboxDay { get; init; } = TimeSpan.FromDays(1);

    /// <summary>So far back the inbox is read by spans, beyond it by days.</summary>
    public TimeSpan Recent { get; init; } = TimeSpan.FromDays(2);

    /// <summary>By how much the servers' clocks may differ.</summary>
    public TimeSpan ClockSpread { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A message is answered so long after its conversation was touched at most, else the conversation is touched again first.</summary>
    public TimeSpan TouchValidity { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>A server whose stream was not renewed for so long begins another.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long rows by spans, rows by days and the mark of a complete inbox are kept. The mark goes first.</summary>
    public TimeSpan SpansKept { get; init; } = TimeSpan.FromDays(3);

    public TimeSpan DaysKept { get; init; } = TimeSpan.FromDays(60);

    public TimeSpan MarkKept { get; init; } = TimeSpan.FromDays(45);

    /// <summary>An inbox is made anew from the log when it is used after so long.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// A reader has seen whatever happened before this much time ago: what it did not see is answered later, by a server whose clock is
    /// <see cref="ClockSpread"/> behind at most, and which touched the conversation no more than <see cref="TouchValidity"/> before.
    /// </summary>
    public TimeSpan Margin => ClockSpread + TouchValidity;

    /// <summary>After an inbox was found missing, servers may count on rows for so long that were lost with it.</summary>
    public TimeSpan LostRowsTimeout => InboxSpan + TouchValidity + ClockSpread;

    public long FeedSpanOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / (long)FeedSpan.TotalMilliseconds;

    public long SpanOf(Activity activity) => activity.UnixMs / (long)InboxSpan.TotalMilliseconds;

    /// <summary>The lowest activity of a span.</summary>
    public Activity SpanBegin(long span) => Activity.At(span * (long)InboxSpan.TotalMilliseconds);

    /// <summary>The lowest activity of a day.</summary>
    public Activity DayBegin(long day) => Activity.At(day * (long)InboxDay.TotalMilliseconds);

    public long DayOf(Activity activity) => activity.UnixMs / (long)InboxDay.TotalMilliseconds;
}

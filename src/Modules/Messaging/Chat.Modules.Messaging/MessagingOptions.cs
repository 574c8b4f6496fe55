using System.ComponentModel.DataAnnotations;
using Chat.Modules.Messaging.Changes;

namespace Chat.Modules.Messaging;

/// <summary>Section <c>Messaging</c>: limits of texts, appends, conversations and pages.</summary>
internal sealed class MessagingOptions
{
    /// <summary>The most that <see cref="MaxWaitingAppends"/> may be.</summary>
    public const int MostWaitingAppends = 1_000_000;

    /// <summary>The longest text, and the longest draft, in bytes of UTF-8. 1 to 16 384 (the protocol's limit); default 16 384.</summary>
    [Range(1, 16_384)] public int MaxTextBytes { get; init; } = 16_384;

    /// <summary>
    /// How long an append may wait for the log, in milliseconds, before its sender is told <c>unavailable</c>. While the oldest waits longer this
    /// server is not ready. 100 to 600 000; default 10 000.
    /// </summary>
    [Range(100, 600_000)] public int AppendTimeoutMs { get; init; } = 10_000;

    /// <summary>Appends that may wait for the log; more are <c>unavailable</c>. 1 to 1 000 000; default 16 384.</summary>
    [Range(1, MostWaitingAppends)] public int MaxWaitingAppends { get; init; } = 16_384;

    /// <summary>
    /// What they may take together, in bytes: two for each byte of their content and 1 024 for the rest; more are <c>unavailable</c>.
    /// 65 536 to 17 179 869 184; default 67 108 864.
    /// </summary>
    [Range(65_536L, 17_179_869_184L)] public long MaxWaitingAppendBytes { get; init; } = 64 << 20;

    /// <summary>
    /// How long another server that appends for this one may say nothing, in milliseconds, before this one appends itself. 100 to 60 000; default 1 000.
    /// </summary>
    [Range(100, 60_000)] public int HomeTimeoutMs { get; init; } = 1_000;

    /// <summary>
    /// The most direct conversations that one user may begin, by sending the first message. Those begun by others do not count, and existing ones are not affected. 1
    /// to 1 000 000; default 10 000.
    /// </summary>
    [Range(1, 1_000_000)] public int MaxDirectConversations { get; init; } = 10_000;

    /// <summary>
    /// The most direct conversations that others may begin with one user, about. Beyond it a stranger's first message to that user is refused as if its sender were
    /// over <c>RateLimits:DirectsBegunPerMinute</c>. What the user begins, and existing conversations, are not affected. 100 to 10 000 000; default 100 000.
    /// </summary>
    [Range(100, 10_000_000)] public int MaxDirectConversationsByOthers { get; init; } = 100_000;

    /// <summary>
    /// How long an erased content may stay in the embedded log's files, in milliseconds, plus the time of one compaction. 60 000 to
    /// 604 800 000 (7 days); default 3 600 000.
    /// </summary>
    [Range(60_000, 604_800_000)] public int EraseWithinMs { get; init; } = 3_600_000;

    /// <summary>
    /// The largest page of a conversation or of the list, in bytes of JSON: a page may end early because of it. At least one message is on it, whatever its size. 65 536 to 16 MiB; default 262 144.
    /// </summary>
    [Range(65_536, 16_777_216)] public int MaxPageBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// How often the embedded inbox, which answers lists and connects, is stored, in milliseconds. Until then changes are in memory, and are read from the log
    /// after a crash. 10 to 60 000; default 1 000.
    /// </summary>
    [Range(10, 60_000)] public int InboxFlushMs { get; init; } = 1_000;

    /// <summary>
    /// Own settings of users in conversations, set or not, that are kept in memory for those who ask at each message; about 300 bytes each, without drafts. Twice as many again are kept
    /// of what users have archived or cleared. Beyond it those that were not used recently are evicted. 1 000 to 10 000 000; default 100 000.
    /// </summary>
    [Range(1_000, 10_000_000)] public int CachedSettings { get; init; } = 100_000;

    /// <summary>
    /// On a cluster: for how long a server may use own settings that were changed through another, in milliseconds, if it did not hear of the change. 0 to
    /// 600 000; default 5 000. Not used with the embedded stores.
    /// </summary>
    [Range(0, 600_000)] public int MaxSettingsAgeMs { get; init; } = 5_000;

    /// <summary>For how long its sender may edit a message. 0 (always) to 3650.00:00:00; default 1.00:00:00 (a day).</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")] public TimeSpan EditWindow { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// For how long its sender may delete a message; owner and admins of a group always may. 0 (always) to 3650.00:00:00; default 2.00:00:00 (two days).
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")] public TimeSpan DeleteWindow { get; init; } = TimeSpan.FromDays(2);

    /// <summary>The most edits of a message; more are <c>too_large</c>. 1 to 1 000; default 100.</summary>
    [Range(1, 1_000)] public int MaxEdits { get; init; } = 100;

    /// <summary>The most different emoji on a message, however many users set them; more are <c>too_large</c>. 1 to 100; default 20.</summary>
    [Range(1, 100)] public int MaxReactions { get; init; } = 20;

    /// <summary>
    /// The most different emoji that one user sets on a message over time; what was taken back counts, as it is remembered. More are <c>too_large</c>. 1 to 4 000; default 100.
    /// </summary>
    [Range(1, 4_000)] public int MaxOwnReactions { get; init; } = 100;

    /// <summary>The most pinned messages of a conversation; more are <c>too_large</c>. 1 to 200; default 50.</summary>
    [Range(1, 200)] public int MaxPins { get; init; } = 50;

    /// <summary>In groups with more members only owner and admins may mention all (<c>@all</c>), else it is <c>forbidden</c>. 1 to 100 000; default 64.</summary>
    [Range(1, 100_000)] public int MentionAllMembers { get; init; } = 64;

    /// <summary>After how many days messages are gone, as if they had expired; only with the embedded stores. 0 (never) to 36 500; default 0.</summary>
    [Range(0, 36_500)] public int RetentionDays { get; init; }

    // What a page contains besides its messages: ids, positions.
    private const int PageFrameBytes = 512;

    /// <summary>The part of <see cref="MaxPageBytes"/> for messages.</summary>
    public int MaxPageContent => MaxPageBytes - PageFrameBytes;

    /// <summary>How much may be changed.</summary>
    public ChangeLimits ChangeLimits => new(MaxEdits, MaxReactions, MaxPins, MaxOwnReactions);
}

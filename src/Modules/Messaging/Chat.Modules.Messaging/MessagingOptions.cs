using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Messaging;

/// <summary>Section <c>Messaging</c>.</summary>
internal sealed class MessagingOptions
{
    /// <summary>The most that <see cref="MaxWaitingAppends"/> may be.</summary>
    public const int MostWaitingAppends = 1_000_000;

    /// <summary>A text's length at most, in bytes of UTF-8. 1 to 16 384 (the protocol's limit); default 16 384.</summary>
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
    /// Direct conversations that one user has begun, by sending the first message; what others begin with it is theirs. Over it the user begins no
    /// other, and goes on in those that are. 1 to 1 000 000; default 10 000.
    /// </summary>
    [Range(1, 1_000_000)] public int MaxDirectConversations { get; init; } = 10_000;

    /// <summary>
    /// Direct conversations that others have begun with one user, about. Over it a stranger's first message to that user is refused as if its sender
    /// were over <c>RateLimits:DirectsBegunPerMinute</c>; what the user begins, and conversations that are there, go on. 100 to 10 000 000;
    /// default 100 000.
    /// </summary>
    [Range(100, 10_000_000)] public int MaxDirectConversationsByOthers { get; init; } = 100_000;

    /// <summary>
    /// How long the bytes of an erased content may stay in the embedded log's files, in milliseconds, the time of one compaction aside. 60 000 to
    /// 604 800 000 (7 days); default 3 600 000.
    /// </summary>
    [Range(60_000, 604_800_000)] public int EraseWithinMs { get; init; } = 3_600_000;

    /// <summary>
    /// A page's size at most, in bytes of its JSON: a page of a conversation or of the list ends before it, with fewer messages than were asked
    /// for. One message is on it whatever its size. 65 536 to 16 MiB; default 262 144.
    /// </summary>
    [Range(65_536, 16_777_216)] public int MaxPageBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// How often the embedded inbox, which lists and connects are answered from, is stored, in milliseconds. Until then what was appended is in memory,
    /// and read from the log after a crash. 10 to 60 000; default 1 000.
    /// </summary>
    [Range(10, 60_000)] public int InboxFlushMs { get; init; } = 1_000;

    // What a page has besides its messages: ids, places.
    private const int PageFrameBytes = 512;

    /// <summary>Of <see cref="MaxPageBytes"/>, what is left for messages.</summary>
    public int MaxPageContent => MaxPageBytes - PageFrameBytes;
}

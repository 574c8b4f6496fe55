using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>What is to be told in a group's log of one change. Stored with the change, and removed when it is in the log.</summary>
/// <param name="Change">Names the change.</param>
/// <param name="Version">The group's version with the change.</param>
/// <param name="By">Who made the change.</param>
/// <param name="Notices">In their order; one or more.</param>
internal sealed record PendingNotices(Guid Change, long Version, UserId By, IReadOnlyList<PendingNotice> Notices)
{
    /// <summary>What a group's pending notices may take as JSON: where those of several changes take more, the group is not changed until some are in the log.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Those of one change may be many.</summary>
    public static bool AreTooMuch(long changes, long bytes) => changes > 1 && bytes > MaxBytes;

    /// <summary>Null for a change that is told to nobody.</summary>
    public static PendingNotices? Of(GroupChange change) => change.Notices.Count == 0 ? null : new PendingNotices(
        Guid.CreateVersion7(), change.After.Version, change.By, [.. change.Notices.Select(notice => new PendingNotice(Guid.CreateVersion7(), notice))]);
}

/// <summary>A notice with the id of its append: however often it is appended, it is in the log once.</summary>
internal sealed record PendingNotice(Guid Id, ConversationNotice Notice);

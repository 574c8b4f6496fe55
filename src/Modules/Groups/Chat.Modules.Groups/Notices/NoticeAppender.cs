using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Groups.Notices;

/// <summary>
/// Appends the notices of a group's changes to its log. They were stored with their changes, and are removed when they are in the log: so each is there once, whoever dies in between. All that are pending are
/// appended in the order of the changes, so that this holds for the log too, whichever server made a change.
/// </summary>
internal sealed class NoticeAppender(IGroupStore store, INoticeLog notices, GroupsMetrics metrics, ILogger<NoticeAppender> log)
{
    /// <summary>Returns when they are in the log, or cannot be appended now: then <see cref="NoticeSweep"/> does it later.</summary>
    public async Task AppendAsync(ConversationId group)
    {
        try
        {
            await AppendPendingAsync(group);
        }
        catch (Exception e)
        {
            // The change itself is made.
            metrics.NoticesDelayed();
            log.NoticesDelayed(group, e);
        }
    }

    private async Task AppendPendingAsync(ConversationId group)
    {
        var appended = new List<PendingNotices>();
        var isAll = true;
        foreach (var pending in await store.FindNoticesAsync(group, CancellationToken.None))
        {
            if (!(isAll = await TryAppendAsync(group, pending)))
                break;
            appended.Add(pending);
        }
        if (appended.Count > 0)
            await store.RemoveNoticesAsync(group, appended, CancellationToken.None);
        if (!isAll)
        {
            metrics.NoticesDelayed();
            log.NoticesDelayed(group, null);
        }
    }

    private async Task<bool> TryAppendAsync(ConversationId group, PendingNotices pending)
    {
        foreach (var (id, notice) in pending.Notices)
        {
            if (!(await notices.AppendAsync(new NoticeDraft(group, pending.By, id.ToString(), notice))).IsOk)
                return false;
        }
        return true;
    }
}

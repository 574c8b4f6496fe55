using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;

namespace Chat.Modules.Messaging.Notices;

internal sealed class NoticeLog(WaitingAppends appends, MessagingMetrics metrics, TimeProvider clock) : INoticeLog
{
    // No device has sent it.
    private static readonly DeviceId Server = DeviceId.Parse("server");

    public Task<Result<SentMessage>> AppendAsync(NoticeDraft draft) => appends.AppendAsync(
        new MessageDraft(
            draft.Conversation, new DeviceAddress(draft.By, Server), draft.NoticeId, new MessageContent(default) { Kind = MessageKind.Notice, Notice = draft.Notice }, clock.GetUtcNow()),
        metrics.Start());
}

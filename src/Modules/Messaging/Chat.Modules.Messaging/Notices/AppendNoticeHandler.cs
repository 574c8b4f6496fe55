using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;

namespace Chat.Modules.Messaging.Notices;

internal sealed class AppendNoticeHandler(WaitingAppends appends, MessagingMetrics metrics, TimeProvider clock) : ICommandHandler<AppendNotice, SentMessage>
{
    // No device has sent it.
    private static readonly DeviceId Server = DeviceId.Parse("server");

    // Not cancelled with the request.
    public Task<Result<SentMessage>> Handle(AppendNotice command, CancellationToken ct) => appends.AppendAsync(
        new MessageDraft(
            command.Conversation, new DeviceAddress(command.By, Server), command.NoticeId, new MessageContent(default) { Kind = MessageKind.Notice, Notice = command.Notice }, clock.GetUtcNow()),
        metrics.Start());
}

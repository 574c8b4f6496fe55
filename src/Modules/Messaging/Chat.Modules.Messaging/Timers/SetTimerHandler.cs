using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using MediatR;

namespace Chat.Modules.Messaging.Timers;

/// <summary>Who may set a timer. It asks the judge first, as nearly all that is so already then costs no append.</summary>
internal sealed class SetTimerHandler(
    IMessageLog log, IMediator mediator, AppendedPublisher publisher, WaitingAppends appends, DirectConversationLimits directs, MessagingMetrics metrics, TimeProvider clock)
    : ICommandHandler<SetTimer, SentMessage>
{
    public async Task<Result<SentMessage>> Handle(SetTimer command, CancellationToken ct)
    {
        var started = metrics.Start();
        // Until it is answered: what the device does next is judged by what this has done.
        using var turn = appends.Turns.Take(command.Sender, isReady: false);
        await turn.ComesAsync();
        return await CheckAsync(command, ct) switch
        {
            Refused refused => await AnswerAsync(command, null, ct) ?? refused.Error,
            AlreadySo so => await AnswerAsync(command, so, ct) ?? MessagingErrors.NotAMember,
            _ => await appends.AppendAsync(ToDraft(command), started),
        };
    }

    private async Task<Verdict> CheckAsync(SetTimer command, CancellationToken ct)
    {
        var (conversation, user) = (command.To, command.Sender.User);
        if (await mediator.Send(new GetMembership(conversation, user), ct) is null)
            return MessagingErrors.NotAMember;
        if (!conversation.IsDirect && await mediator.Send(new GetRole(conversation, user), ct) is not (GroupRole.Admin or GroupRole.Owner))
            return MessagingErrors.NotAdmin;
        var timers = await log.ReadTimersAsync([conversation], ct);
        var verdict = ChangeJudge.JudgeTimer(timers.GetValueOrDefault(conversation), (int)command.Seconds);
        if (verdict is not Accepted)
            return verdict;
        // It may be the first entry of a direct conversation, which it begins.
        return await directs.AdmitAsync(conversation, user) is { } tooMany ? tooMany : verdict;
    }

    // A retry gets the first answer, whatever has changed since.
    private async Task<Result<SentMessage>?> AnswerAsync(SetTimer command, AlreadySo? so, CancellationToken ct)
    {
        var entry = await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct);
        if (entry is null && so is not null)
            entry = (await log.ReadAtAsync(command.To, [so.Entry], ct))[0];
        if (entry is null)
            return null;
        var earlier = AppendedMessage.Earlier(entry);
        await publisher.PublishOnceAsync(earlier);
        return earlier.ToSent();
    }

    private MessageDraft ToDraft(SetTimer command) => new(
        command.To, command.Sender, command.ClientMsgId, new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = (int)command.Seconds }, clock.GetUtcNow());
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Sending;

internal sealed class SendMessageHandler(
    IMessageLog log, IMediator mediator, NamedTimeRates rates, FirstAnswers answers, MessagingMetrics metrics, TimeProvider clock)
    : ICommandHandler<SendMessage, SentMessage>
{
    public async Task<Result<SentMessage>> Handle(SendMessage command, CancellationToken ct)
    {
        var started = metrics.Start();
        if (await RefusalAsync(command, ct) is { } refusal)
            // The answer to a repeated attempt stays the first one, whatever has changed since.
            return await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct) is { } earlier
                ? await AnswerAsync(AppendedMessage.Earlier(earlier))
                : refusal;

        var appended = await log.AppendAsync(
            new MessageDraft(command.To, command.Sender, command.ClientMsgId, command.Text, command.ReplyTo, clock.GetUtcNow()), ct);
        metrics.Accepted(started, appended.Duplicate);
        return await AnswerAsync(appended);
    }

    private async Task<SentMessage> AnswerAsync(AppendedMessage appended)
    {
        await answers.TellAsync(appended);
        var message = appended.Message;
        return new SentMessage(message.Id, message.Conversation, message.SeqNo, message.Timestamp, appended.Duplicate);
    }

    private async ValueTask<Error?> RefusalAsync(SendMessage command, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(command.To, command.Sender.User), ct) is null)
            return MessagingErrors.NotAMember;
        if (command.ReplyTo is { } replyTo && (await log.FindAsync(replyTo, ct))?.Conversation != command.To)
            return Error.BadRequest("replyTo names no message of this conversation.");
        return rates.Admit(command.Sender.User, command.ClientMsgId, clock.GetUtcNow());
    }
}

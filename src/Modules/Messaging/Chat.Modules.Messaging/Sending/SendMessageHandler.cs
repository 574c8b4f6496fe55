using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Sending;

internal sealed class SendMessageHandler(
    IMessageLog log, IMediator mediator, IEnumerable<ISendLimit> limits, DirectsBegun directs, FirstAnswers answers, WaitingAppends appends,
    MessagingMetrics metrics, TimeProvider clock)
    : ICommandHandler<SendMessage, SentMessage>
{
    private readonly ISendLimit[] _limits = [.. limits];
    private readonly SendTurns _turns = new();

    public async Task<Result<SentMessage>> Handle(SendMessage command, CancellationToken ct)
    {
        var started = metrics.Start();
        var checking = RefusalAsync(command, ct);
        Error? refusal;
        Task<Result<AppendedMessage>>? appending = null;
        using (var turn = _turns.Take(command.Sender, checking.IsCompleted))
        {
            await turn.ComesAsync();
            refusal = await checking;
            // Not given up with the request: what has begun goes on.
            if (refusal is null)
                appending = appends.AppendAsync(
                    new MessageDraft(command.To, command.Sender, command.ClientMsgId, command.Content, clock.GetUtcNow()));
        }
        if (appending is null)
            // The answer to a repeated attempt stays the first one, whatever has changed since.
            return await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct) is { } earlier
                ? await AnswerAsync(AppendedMessage.Earlier(earlier))
                : refusal!;

        var appended = await appending;
        if (!appended.IsOk)
            return appended.Error;
        metrics.Accepted(started, appended.Value.Duplicate);
        return ToSent(appended.Value);
    }

    private async Task<SentMessage> AnswerAsync(AppendedMessage earlier)
    {
        await answers.TellAsync(earlier);
        return ToSent(earlier);
    }

    private static SentMessage ToSent(AppendedMessage appended) => new(
        appended.Message.Id, appended.Message.Conversation, appended.Message.SeqNo, appended.Message.Timestamp, appended.Duplicate);

    private async ValueTask<Error?> RefusalAsync(SendMessage command, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(command.To, command.Sender.User), ct) is null)
            return MessagingErrors.NotAMember;
        if (command.Content.ReplyTo is { } replyTo && (await log.FindAsync(replyTo, ct))?.Conversation != command.To)
            return Error.BadRequest("replyTo names no message of this conversation.");
        foreach (var limit in _limits)
        {
            if (limit.Admit(command.Sender.User, command.ClientMsgId, clock.GetUtcNow()) is { } refusal)
                return refusal;
        }
        return await directs.AdmitAsync(command.To, command.Sender.User);
    }
}

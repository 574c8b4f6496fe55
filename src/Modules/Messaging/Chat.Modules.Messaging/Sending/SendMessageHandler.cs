using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Sending;

internal sealed class SendMessageHandler(
    IMessageLog log, IMediator mediator, IEnumerable<ISendLimit> limits, DirectConversationLimits directs, AppendedPublisher publisher, WaitingAppends appends,
    MessagingMetrics metrics, TimeProvider clock)
    : ICommandHandler<SendMessage, SentMessage>
{
    private readonly ISendLimit[] _limits = [.. limits];
    private readonly SendTurns _turns = new();

    public Task<Result<SentMessage>> Handle(SendMessage command, CancellationToken ct)
    {
        var started = metrics.Start();
        var checking = RefusalAsync(command, ct);
        // As it is nearly always: nothing to wait for but the append.
        if (!checking.IsCompletedSuccessfully || !_turns.IsFree(command.Sender))
            return HandleInTurnAsync(command, checking, started, ct);
        return checking.Result is { } refusal ? AnswerRefusedAsync(command, refusal, ct) : AppendAsync(command, started);
    }

    private async Task<Result<SentMessage>> HandleInTurnAsync(SendMessage command, ValueTask<Error?> checking, long started, CancellationToken ct)
    {
        Error? refusal;
        Task<Result<SentMessage>>? appending = null;
        using (var turn = _turns.Take(command.Sender, checking.IsCompleted))
        {
            await turn.ComesAsync();
            refusal = await checking;
            if (refusal is null)
                appending = AppendAsync(command, started);
        }
        return await (appending ?? AnswerRefusedAsync(command, refusal!, ct));
    }

    // Not cancelled with the request.
    private Task<Result<SentMessage>> AppendAsync(SendMessage command, long started) => appends.AppendAsync(
        new MessageDraft(command.To, command.Sender, command.ClientMsgId, command.Content, clock.GetUtcNow()), started);

    // A retry gets the first answer, whatever has changed since.
    private async Task<Result<SentMessage>> AnswerRefusedAsync(SendMessage command, Error refusal, CancellationToken ct)
    {
        if (await log.FindAttemptAsync(command.Sender.User, command.ClientMsgId, ct) is not { } message)
            return refusal;
        var earlier = AppendedMessage.Earlier(message);
        await publisher.PublishOnceAsync(earlier);
        return earlier.ToSent();
    }

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

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Receipts;

/// <summary>Moves the device's cursor, then the user's. If the user's moved, the senders of the acked messages get receipts.</summary>
internal sealed class AcknowledgeHandler(Receivers receivers, CursorTable cursors, ReceiptFanOut receipts, Withdrawals withdrawals, IMediator mediator)
    : ICommandHandler<Acknowledge, Done>, ICommandHandler<AcknowledgeMessage, Done>
{
    private static readonly Error NotAMember = MessagingErrors.NotAMember;

    public async Task<Result<Done>> Handle(AcknowledgeMessage command, CancellationToken ct) =>
        await mediator.Send(new FindMessage(command.Message), ct) is { } found
            ? await Handle(new Acknowledge(command.From, found.Conversation, found.SeqNo, command.Status), ct)
            : NotAMember;

    public async Task<Result<Done>> Handle(Acknowledge command, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(command.Conversation, command.From.User), ct) is not { } membership)
        {
            receivers.Release(command.From, command.Conversation);
            return NotAMember;
        }

        var acked = new List<InFlightMessage>();
        var outcome = receivers.Ack(command.From, command.Conversation, command.SeqNo, null, acked);
        if (outcome is AckOutcome.NotTracked or AckOutcome.BeyondKnown)
        {
            var head = await mediator.Send(new GetHead(command.Conversation), ct);
            if (command.SeqNo > head)
                return Error.BadRequest("There is no message at that seqNo yet.");
            outcome = receivers.Ack(command.From, command.Conversation, command.SeqNo, head, acked);
        }
        if (outcome is AckOutcome.Ignored)
            return new Done();
        if (outcome is AckOutcome.NotTracked)
            (await cursors.GetAsync(new CursorKey(command.From.User, command.From.Device, command.Conversation), ct)).Deliver(command.SeqNo);

        var user = await cursors.GetAsync(new CursorKey(command.From.User, null, command.Conversation), ct);
        var delivered = SeqNo.Max(user.Deliver(command.SeqNo), membership.JoinedAt);
        if (delivered < command.SeqNo)
            await receipts.TellSendersAsync(command, AckStatus.Delivered, delivered, acked, ct);
        if (command.Status is AckStatus.Read)
        {
            // First, so that the cursor is not saved without it.
            if (user.Read < command.SeqNo)
                withdrawals.Read(command.From, command.Conversation, command.SeqNo);
            var read = SeqNo.Max(user.MarkRead(command.SeqNo), membership.JoinedAt);
            if (read < command.SeqNo)
                await receipts.TellSendersAsync(command, AckStatus.Read, read, acked, ct);
        }
        return new Done();
    }
}

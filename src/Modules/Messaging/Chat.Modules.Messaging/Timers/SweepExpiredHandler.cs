using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Erasing;
using Chat.Modules.Messaging.Log;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Timers;

/// <summary>Erases what is over, as a deletion does: the content and that of edits, the state, who has reacted, mentions, files. The place stays.</summary>
internal sealed class SweepExpiredHandler(
    IExpiries expiries, IMessageLog log, Expiry expiry, MessageEraser eraser, IMediator mediator, ILogger<SweepExpiredHandler> logger) : ICommandHandler<SweepExpired, int>
{
    // In memory, and with the first of them again after a crash.
    private const int AtOnce = 256;

    private const int ErasedAtOnce = 8;

    public async Task<Result<int>> Handle(SweepExpired command, CancellationToken ct)
    {
        var count = 0;
        await foreach (var places in expiries.ReadOverAsync(AtOnce, ct))
        {
            var erased = new List<MessageLocation>();
            foreach (var some in places.Chunk(ErasedAtOnce))
                erased.AddRange((await Task.WhenAll(some.Select(place => EraseAsync(place, ct)))).OfType<MessageLocation>());
            count += erased.Count;
            foreach (var conversation in erased.GroupBy(place => place.Conversation, place => place.SeqNo))
                await mediator.Publish(new MessagesExpired(conversation.Key, conversation.Min()), ct);
        }
        if (count > 0)
            logger.ExpiredSwept(count);
        return count;
    }

    // Null where it is not over, or is no message.
    private async Task<MessageLocation?> EraseAsync(MessageLocation place, CancellationToken ct)
    {
        if (await log.ReadStoredAsync(place.Conversation, place.SeqNo, ct) is not { Content.IsMessagePlace: true } message || !expiry.IsOver(message))
            return null;
        await eraser.EraseAsync(place.Conversation, place.SeqNo, ct);
        return place;
    }
}

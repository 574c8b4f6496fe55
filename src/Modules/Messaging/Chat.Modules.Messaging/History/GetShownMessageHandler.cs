using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.History;

internal sealed class GetShownMessageHandler(IMessageLog log, IMediator mediator) : IQueryHandler<GetShownMessage, LoggedMessage?>
{
    public async Task<LoggedMessage?> Handle(GetShownMessage query, CancellationToken ct)
    {
        if (query.SeqNo == SeqNo.None || await mediator.Send(new GetMembershipAsReader(query.Conversation, query.Reader), ct) is not { } membership)
            return null;
        if (query.SeqNo <= membership.VisibleAfter)
            return null;
        var found = await log.ReadAfterAsync(query.Conversation, new SeqNo(query.SeqNo.Value - 1), limit: 1, ct);
        return found is [{ Content.IsShown: true } message] && message.SeqNo == query.SeqNo ? message : null;
    }
}

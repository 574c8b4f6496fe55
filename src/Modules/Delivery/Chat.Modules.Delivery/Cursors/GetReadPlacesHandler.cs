using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Cursors;

internal sealed class GetReadPlacesHandler(CursorTable cursors) : IQueryHandler<GetReadPlaces, IReadOnlyDictionary<ConversationId, SeqNo>>
{
    public async Task<IReadOnlyDictionary<ConversationId, SeqNo>> Handle(GetReadPlaces query, CancellationToken ct) =>
        await cursors.ReadPlacesAsync(query.User, query.Conversations, ct);
}

using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Cursors;

internal sealed class GetCursorsHandler(ICursorStore store, CursorTable cursors)
    : IQueryHandler<GetCursors, IReadOnlyDictionary<ConversationId, Contracts.Cursors>>
{
    public async Task<IReadOnlyDictionary<ConversationId, Contracts.Cursors>> Handle(GetCursors query, CancellationToken ct)
    {
        await cursors.SaveAsync(query.Device, ct);
        var ofDevice = await store.ReadAsync(query.Device.User, query.Device.Device, query.Conversations, ct);
        var ofUser = await store.ReadAsync(query.Device.User, null, query.Conversations, ct);
        return ofDevice.Keys.Union(ofUser.Keys).ToDictionary(
            conversation => conversation,
            conversation => new Contracts.Cursors(ofDevice.GetValueOrDefault(conversation).Delivered, ofUser.GetValueOrDefault(conversation).Read));
    }
}

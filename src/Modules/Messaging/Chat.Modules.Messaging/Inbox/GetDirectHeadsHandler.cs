using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Inbox;

internal sealed class GetDirectHeadsHandler(IInbox inboxes) : IQueryHandler<GetDirectHeads, DirectHeads>
{
    public async Task<DirectHeads> Handle(GetDirectHeads query, CancellationToken ct) =>
        await (await inboxes.OpenAsync(query.User, ct)).ReadSinceAsync(query.Since, ct);
}

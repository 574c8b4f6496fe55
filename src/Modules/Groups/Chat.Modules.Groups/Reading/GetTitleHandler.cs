using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Reading;

internal sealed class GetTitleHandler(GroupDirectory groups) : IQueryHandler<GetTitle, string?>
{
    public async Task<string?> Handle(GetTitle query, CancellationToken ct) => (await groups.FindAsync(query.Group, ct))?.Title;
}

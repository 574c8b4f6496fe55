using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Reading;

internal sealed class GetRoleHandler(GroupDirectory groups) : IQueryHandler<GetRole, GroupRole?>
{
    public async Task<GroupRole?> Handle(GetRole query, CancellationToken ct) =>
        query.Group.IsDirect ? null : (await groups.FindAsync(query.Group, ct))?.Find(query.User)?.Role;
}

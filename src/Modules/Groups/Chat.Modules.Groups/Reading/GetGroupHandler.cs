using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Reading;

internal sealed class GetGroupHandler(GroupDirectory groups) : IQueryHandler<GetGroup, Result<Group>>
{
    public async Task<Result<Group>> Handle(GetGroup query, CancellationToken ct) =>
        await groups.FindAsync(query.Group, ct) is { } group && group.Find(query.Caller.User) is not null
            ? group.ToGroup()
            : GroupsErrors.NotAMember;
}

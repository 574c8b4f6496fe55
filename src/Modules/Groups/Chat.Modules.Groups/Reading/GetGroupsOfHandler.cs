using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Reading;

internal sealed class GetGroupsOfHandler(GroupDirectory groups) : IQueryHandler<GetGroupsOf, IReadOnlyList<JoinedGroup>>
{
    public Task<IReadOnlyList<JoinedGroup>> Handle(GetGroupsOf query, CancellationToken ct) =>
        groups.TryGetGroupsOf(query.User, out var joined) ? joined.Answer : LoadAsync(query, ct);

    private async Task<IReadOnlyList<JoinedGroup>> LoadAsync(GetGroupsOf query, CancellationToken ct) =>
        await (await groups.FindGroupsOfAsync(query.User, ct)).Answer;
}

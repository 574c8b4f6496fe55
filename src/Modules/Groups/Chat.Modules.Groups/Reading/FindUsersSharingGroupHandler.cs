using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Store;

namespace Chat.Modules.Groups.Reading;

/// <summary>Compares cached users in memory, and asks the store once for all others. A user in no group costs no query.</summary>
internal sealed class FindUsersSharingGroupHandler(GroupDirectory groups, IGroupStore store) : IQueryHandler<FindUsersSharingGroup, IReadOnlyCollection<UserId>>
{
    public async Task<IReadOnlyCollection<UserId>> Handle(FindUsersSharingGroup query, CancellationToken ct)
    {
        var own = await groups.FindGroupsOfAsync(query.User, ct);
        if (own.Count == 0)
            return [];
        var found = new List<UserId>();
        var elsewhere = new List<UserId>();
        foreach (var other in query.Others)
        {
            if (!groups.TryGetGroupsOf(other, out var theirs))
                elsewhere.Add(other);
            else if (own.Overlaps(theirs))
                found.Add(other);
        }
        if (elsewhere.Count > 0)
            found.AddRange(await store.FindSharingAsync(query.User, elsewhere, ct));
        return found;
    }
}

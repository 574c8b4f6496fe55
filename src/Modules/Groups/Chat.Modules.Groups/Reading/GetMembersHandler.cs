using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Reading;

/// <summary>Called for every message: a cached group is answered synchronously, without an allocation, and so is a direct conversation.</summary>
internal sealed class GetMembersHandler(GroupDirectory groups) : IQueryHandler<GetMembers, IReadOnlyList<UserId>>
{
    private readonly DirectMembers _directs = new();

    public Task<IReadOnlyList<UserId>> Handle(GetMembers query, CancellationToken ct)
    {
        if (query.Conversation.IsDirect)
            return _directs.Of(query.Conversation);
        return groups.TryGet(query.Conversation, out var group) ? group.Users : LoadAsync(query, ct);
    }

    private async Task<IReadOnlyList<UserId>> LoadAsync(GetMembers query, CancellationToken ct) =>
        await groups.FindAsync(query.Conversation, ct) is { } group ? await group.Users : [];
}

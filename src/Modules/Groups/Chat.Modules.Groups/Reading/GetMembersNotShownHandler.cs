using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Reading;

/// <summary>Called for every change of a message: a cached group is answered synchronously.</summary>
internal sealed class GetMembersNotShownHandler(GroupDirectory groups) : IQueryHandler<GetMembersNotShown, IReadOnlyCollection<UserId>>
{
    private static readonly Task<IReadOnlyCollection<UserId>> Nobody = Task.FromResult<IReadOnlyCollection<UserId>>([]);

    public Task<IReadOnlyCollection<UserId>> Handle(GetMembersNotShown query, CancellationToken ct) =>
        query.Conversation.IsDirect ? Nobody
        : groups.TryGet(query.Conversation, out var group) ? (group.NotShown(query.Place) is { Count: > 0 } users ? Task.FromResult(users) : Nobody)
        : LoadAsync(query, ct);

    private async Task<IReadOnlyCollection<UserId>> LoadAsync(GetMembersNotShown query, CancellationToken ct) =>
        (await groups.FindAsync(query.Conversation, ct))?.NotShown(query.Place) ?? [];
}

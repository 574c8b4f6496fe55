using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Reading;

/// <summary>Called for every message: a cached group is answered synchronously, without an allocation.</summary>
internal sealed class GetMembershipHandler(GroupDirectory groups) : IQueryHandler<GetMembership, Membership?>
{
    private static readonly Task<Membership?> Direct = Task.FromResult<Membership?>(new Membership(SeqNo.None, SeqNo.None));
    private static readonly Task<Membership?> None = Task.FromResult<Membership?>(null);

    public Task<Membership?> Handle(GetMembership query, CancellationToken ct)
    {
        if (query.Conversation.IsDirect)
            return query.Conversation.IsDirectOf(query.User) ? Direct : None;
        return groups.TryGet(query.Conversation, out var group) ? group.MembershipOf(query.User) : LoadAsync(query, ct);
    }

    private async Task<Membership?> LoadAsync(GetMembership query, CancellationToken ct) =>
        (await groups.FindAsync(query.Conversation, ct))?.Find(query.User)?.Membership;
}

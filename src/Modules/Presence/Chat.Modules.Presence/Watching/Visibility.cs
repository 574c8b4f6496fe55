using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Presence.Watching;

/// <summary>Whether one user may see another's presence.</summary>
internal enum Sight
{
    None,

    /// <summary>They are in a group together: until one of them is removed from it.</summary>
    WhileInAGroup,

    /// <summary>They have a direct conversation with a message, which never goes away, or are the same user.</summary>
    Lasting,
}

/// <summary>Who may see whom (docs/protocol.md, Presence).</summary>
internal sealed class Visibility(IMediator mediator)
{
    /// <summary>Of some users those whom a user may see, and why: asked for together, as a subscription names hundreds.</summary>
    public async Task<Dictionary<UserId, Sight>> OfAsync(UserId watcher, IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var visible = new Dictionary<UserId, Sight>();
        var others = users.ToHashSet();
        if (others.Remove(watcher))
            visible.Add(watcher, Sight.Lasting);
        if (others.Count == 0)
            return visible;
        foreach (var user in await mediator.Send(new FindDirectsWith(watcher, others), ct))
            visible.Add(user, Sight.Lasting);
        others.ExceptWith(visible.Keys);
        if (others.Count == 0)
            return visible;
        foreach (var user in await mediator.Send(new FindSharingGroup(watcher, others), ct))
            visible.Add(user, Sight.WhileInAGroup);
        return visible;
    }

    public async Task<Sight> OfAsync(UserId watcher, UserId user, CancellationToken ct)
    {
        if (watcher == user || await mediator.Send(new GetHead(ConversationId.Direct(watcher, user)), ct) > SeqNo.None)
            return Sight.Lasting;
        return await mediator.Send(new ShareGroup(watcher, user), ct) ? Sight.WhileInAGroup : Sight.None;
    }
}

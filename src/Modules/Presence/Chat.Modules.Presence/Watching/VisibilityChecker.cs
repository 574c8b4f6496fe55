using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Presence.Watching;

/// <summary>Why one user may see another's presence.</summary>
internal enum Visibility
{
    None,

    /// <summary>They share a group, until one of them is removed from it.</summary>
    SharedGroup,

    /// <summary>They have a direct conversation with a message, which is never removed, or are the same user.</summary>
    Permanent,
}

/// <summary>Checks who may see whose presence (docs/protocol.md, Presence).</summary>
internal sealed class VisibilityChecker(IMediator mediator)
{
    /// <summary>Of some users, those whom a user may see, and why. In one query, since a subscription may name hundreds.</summary>
    public async Task<Dictionary<UserId, Visibility>> OfAsync(UserId watcher, IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var visible = new Dictionary<UserId, Visibility>();
        var others = users.ToHashSet();
        if (others.Remove(watcher))
            visible.Add(watcher, Visibility.Permanent);
        if (others.Count == 0)
            return visible;
        foreach (var user in await mediator.Send(new FindDirectsWith(watcher, others), ct))
            visible.Add(user, Visibility.Permanent);
        others.ExceptWith(visible.Keys);
        if (others.Count == 0)
            return visible;
        foreach (var user in await mediator.Send(new FindUsersSharingGroup(watcher, others), ct))
            visible.Add(user, Visibility.SharedGroup);
        return visible;
    }

    public async Task<Visibility> OfAsync(UserId watcher, UserId user, CancellationToken ct)
    {
        if (watcher == user || await mediator.Send(new GetHead(ConversationId.Direct(watcher, user)), ct) > SeqNo.None)
            return Visibility.Permanent;
        return await mediator.Send(new HaveSharedGroup(watcher, user), ct) ? Visibility.SharedGroup : Visibility.None;
    }
}

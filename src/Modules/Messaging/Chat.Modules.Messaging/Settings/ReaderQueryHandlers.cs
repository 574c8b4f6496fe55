using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Messaging.Settings;

internal sealed class GetMembershipAsReaderHandler(OwnSettingsDirectory directory, IMediator mediator) : IQueryHandler<GetMembershipAsReader, Membership?>
{
    public async Task<Membership?> Handle(GetMembershipAsReader query, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(query.Conversation, query.User), ct) is not { } membership)
            return null;
        var cleared = (await directory.FindHiddenAsync(query.User, query.Conversation, ct)).ClearedUpTo;
        return cleared > membership.VisibleAfter ? new Membership(SeqNo.Max(membership.JoinedAt, cleared), cleared) : membership;
    }
}

/// <summary>Called for every change of a message: what is in memory is answered synchronously.</summary>
internal sealed class GetNotShownHandler(OwnSettingsDirectory directory, IMediator mediator) : IQueryHandler<GetNotShown, IReadOnlyCollection<UserId>>
{
    public async Task<IReadOnlyCollection<UserId>> Handle(GetNotShown query, CancellationToken ct)
    {
        var hidden = query.Members.Select(member => (member, directory.FindHiddenAsync(member, query.Conversation, ct).AsTask())).ToList();
        var later = await mediator.Send(new GetMembersNotShown(query.Conversation, query.Place), ct);
        List<UserId>? cleared = null;
        foreach (var (member, found) in hidden)
        {
            if ((await found).ClearedUpTo >= query.Place)
                (cleared ??= [.. later]).Add(member);
        }
        return cleared ?? later;
    }
}

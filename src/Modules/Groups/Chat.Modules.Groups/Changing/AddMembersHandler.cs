using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class AddMembersHandler(
    GroupDirectory groups, StrangerLimits strangers, IMediator mediator, IOptions<GroupsOptions> options)
    : ICommandHandler<AddMembers, Group>
{
    public async Task<Result<Group>> Handle(AddMembers command, CancellationToken ct)
    {
        // A caller who may not add members costs no look-ups and counts against no rate.
        if (await groups.FindAsync(command.Group, ct) is not { } now)
            return GroupsErrors.NotAMember;
        if (GroupRules.MayManage(now, command.Caller.User) is { } refusal)
            return refusal;
        var strangerCheck = await strangers.CheckAsync(command.Caller.User, command.Members.Where(user => now.Find(user) is null), ct);
        if (!strangerCheck.IsOk)
            return strangerCheck.Error;

        // Read before the members are added: messages appended meanwhile are theirs too, and none is missed.
        var head = await mediator.Send(new GetHead(command.Group), ct);
        var result = await groups.ChangeAsync(
            command.Group,
            (group, full) => GroupRules.Add(
                group, command.Caller.User, command.Members.Where(user => !strangerCheck.Value.LeftOut.Contains(user) && !full.Contains(user)), head,
                options.Value.MaxMembers, strangerCheck.Value.Strangers),
            ct);
        return result.ToGroup();
    }
}

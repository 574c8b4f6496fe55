using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.InUse;
using Chat.Modules.Groups.Rules;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class AddMembersHandler(GroupDirectory groups, IMediator mediator, IOptions<GroupsOptions> options)
    : ICommandHandler<AddMembers, Group>
{
    public async Task<Result<Group>> Handle(AddMembers command, CancellationToken ct)
    {
        // Before the members are in: what is appended meanwhile is theirs too, and nothing falls between.
        var head = await mediator.Send(new GetHead(command.Group), ct);
        var result = await groups.ChangeAsync(
            command.Group, group => GroupRules.Add(group, command.Caller.User, command.Members, head, options.Value.MaxMembers), ct);
        return result.ToGroup();
    }
}

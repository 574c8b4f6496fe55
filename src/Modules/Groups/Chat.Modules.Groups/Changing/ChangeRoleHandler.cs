using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Domain;

namespace Chat.Modules.Groups.Changing;

internal sealed class ChangeRoleHandler(GroupDirectory groups) : ICommandHandler<ChangeRole, Group>
{
    public async Task<Result<Group>> Handle(ChangeRole command, CancellationToken ct) =>
        (await groups.ChangeAsync(command.Group, group => GroupRules.ChangeRole(group, command.Caller.User, command.Member, command.Role), ct))
            .ToGroup();
}

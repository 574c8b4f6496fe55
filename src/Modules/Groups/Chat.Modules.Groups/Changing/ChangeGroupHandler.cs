using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Domain;

namespace Chat.Modules.Groups.Changing;

internal sealed class ChangeGroupHandler(GroupDirectory groups) : ICommandHandler<ChangeGroup, Group>
{
    public async Task<Result<Group>> Handle(ChangeGroup command, CancellationToken ct) =>
        (await groups.ChangeAsync(command.Group, group => GroupRules.Change(group, command.Caller.User, command.Title, command.History), ct))
            .ToGroup();
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Domain;

namespace Chat.Modules.Groups.Changing;

internal sealed class RemoveMemberHandler(GroupDirectory groups) : ICommandHandler<RemoveMember, Done>
{
    public async Task<Result<Done>> Handle(RemoveMember command, CancellationToken ct)
    {
        var result = await groups.ChangeAsync(
            command.Group, group => GroupRules.Remove(group, command.Caller.User, command.Member), ct);
        return result.IsOk ? new Done() : result.Error;
    }
}

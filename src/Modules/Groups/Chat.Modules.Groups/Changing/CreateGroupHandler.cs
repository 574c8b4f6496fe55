using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Domain;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class CreateGroupHandler(GroupDirectory groups, StrangerLimits strangers, IOptions<GroupsOptions> options, TimeProvider clock)
    : ICommandHandler<CreateGroup, Group>
{
    public async Task<Result<Group>> Handle(CreateGroup command, CancellationToken ct)
    {
        // In whole milliseconds, as stored.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var id = ConversationId.NewGroup();
        var strangerCheck = await strangers.CheckAsync(command.Caller.User, command.Members, ct);
        if (!strangerCheck.IsOk)
            return strangerCheck.Error;
        var created = await groups.CreateAsync(
            id,
            full => GroupRules.Create(
                id, command.Caller.User, command.Title, command.History,
                command.Members.Where(user => !strangerCheck.Value.LeftOut.Contains(user) && !full.Contains(user)), now, options.Value.MaxMembers,
                strangerCheck.Value.Strangers),
            ct);
        return created.ToGroup();
    }
}

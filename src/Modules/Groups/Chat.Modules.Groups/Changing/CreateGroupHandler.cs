using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.InUse;
using Chat.Modules.Groups.Rules;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class CreateGroupHandler(GroupDirectory groups, Strangers strangers, IOptions<GroupsOptions> options, TimeProvider clock)
    : ICommandHandler<CreateGroup, Group>
{
    public async Task<Result<Group>> Handle(CreateGroup command, CancellationToken ct)
    {
        // Whole milliseconds, as the store keeps it.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var id = ConversationId.NewGroup();
        var sorted = await strangers.SortAsync(command.Caller.User, command.Members, ct);
        if (!sorted.IsOk)
            return sorted.Error;
        var created = await groups.CreateAsync(
            id,
            full => GroupRules.Create(
                id, command.Caller.User, command.Title, command.History,
                command.Members.Where(user => !sorted.Value.LeftOut.Contains(user) && !full.Contains(user)), now, options.Value.MaxMembers,
                sorted.Value.Strangers),
            ct);
        return created.ToGroup();
    }
}

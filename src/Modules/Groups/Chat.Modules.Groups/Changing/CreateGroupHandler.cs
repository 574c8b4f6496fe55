using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.InUse;
using Chat.Modules.Groups.Rules;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

internal sealed class CreateGroupHandler(GroupDirectory groups, IOptions<GroupsOptions> options, TimeProvider clock)
    : ICommandHandler<CreateGroup, Group>
{
    public async Task<Result<Group>> Handle(CreateGroup command, CancellationToken ct)
    {
        // Whole milliseconds, as the store keeps it.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var created = GroupRules.Create(
            ConversationId.NewGroup(), command.Caller.User, command.Title, command.History, command.Members, now, options.Value.MaxMembers);
        return (await groups.CreateAsync(created, ct)).ToGroup();
    }
}

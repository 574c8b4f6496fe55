using Chat.BuildingBlocks.Errors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;

namespace Chat.Modules.Groups.Changing;

/// <summary>Converts the directory's result into a command's result.</summary>
internal static class GroupAnswers
{
    public static Result<Group> ToGroup(this Result<GroupState> result) => result.IsOk ? result.Value.ToGroup() : result.Error;
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using FluentValidation;

namespace Chat.Modules.Groups.Changing;

/// <summary>The rules for a list of users in a request.</summary>
internal static class NamedUsers
{
    public static IRuleBuilderOptions<T, IReadOnlyList<UserId>> AreAtMost<T>(this IRuleBuilder<T, IReadOnlyList<UserId>> rule, int max) => rule
        .Must(users => users.Count <= max)
        .WithMessage($"Name at most {max} members in one request, and the others in further ones.")
        .WithState(_ => ErrorCodes.TooLarge);
}

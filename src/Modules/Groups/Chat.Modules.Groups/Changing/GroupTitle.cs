using Chat.BuildingBlocks.Text;
using FluentValidation;

namespace Chat.Modules.Groups.Changing;

/// <summary>The rules for a title.</summary>
internal static class GroupTitle
{
    private const int MaxLength = 128;

    /// <summary>A <see cref="DisplayName"/> of 1 to 128 characters.</summary>
    public static IRuleBuilderOptions<T, string?> IsTitle<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(title => DisplayName.IsWellFormed(title, MaxLength))
        .WithMessage("Give the group a title of 1 to 128 characters that can be seen, without control characters.");
}

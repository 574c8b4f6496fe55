using System.Buffers;
using System.Text;
using FluentValidation;

namespace Chat.Modules.Groups.Changing;

/// <summary>What a title may be.</summary>
internal static class GroupTitle
{
    private const int MaxLength = 128;

    /// <summary>1 to 128 characters as Unicode counts them, none of them a control character or half a surrogate pair.</summary>
    public static IRuleBuilderOptions<T, string?> IsTitle<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(IsWellFormed).WithMessage("Give the group a title of 1 to 128 characters without control characters.");

    private static bool IsWellFormed(string? title)
    {
        var rest = title.AsSpan();
        var length = 0;
        for (; !rest.IsEmpty && length <= MaxLength; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var character, out var units) != OperationStatus.Done || Rune.IsControl(character))
                return false;
            rest = rest[units..];
        }
        return length is > 0 and <= MaxLength;
    }
}

using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Accounts;

/// <summary>Ids that look alike: they differ by case, or by dots at the end, alone. Of those that look alike one can be registered.</summary>
internal static class LookAlike
{
    /// <summary>What ids that look alike have in common. For comparing; a user keeps its id as written.</summary>
    public static string FoldOf(UserId user) => user.Value.TrimEnd('.').ToLowerInvariant();
}

using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Identity.Accounts;

/// <summary>Ids that look alike: they differ only by case, or by dots at the end. Only one of them can be registered.</summary>
internal static class LookAlike
{
    /// <summary>The same for all ids that look alike. For comparison only; a user keeps its id as written.</summary>
    public static string FoldOf(UserId user) => user.Value.TrimEnd('.').ToLowerInvariant();
}

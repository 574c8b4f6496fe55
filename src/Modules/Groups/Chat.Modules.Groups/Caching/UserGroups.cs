using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Caching;

/// <summary>The groups of a user at one moment. Immutable.</summary>
internal sealed class UserGroups(IReadOnlyList<JoinedGroup> groups)
{
    private HashSet<ConversationId>? _ids;

    /// <summary>The answer to a query: one list for all callers.</summary>
    public Task<IReadOnlyList<JoinedGroup>> Answer { get; } = Task.FromResult(groups);

    public int Count => groups.Count;

    // Created on first use; two concurrent callers create the same.
    private HashSet<ConversationId> Ids => _ids ??= [.. groups.Select(group => group.Group)];

    public bool Overlaps(UserGroups other) => Count <= other.Count ? other.Ids.Overlaps(Ids) : Ids.Overlaps(other.Ids);
}

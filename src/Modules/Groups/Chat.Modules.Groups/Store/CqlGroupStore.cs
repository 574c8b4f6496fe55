using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Store;

/// <summary>
/// The cluster's store; its tables are in cql/. A change of a group is one conditional batch on its partition, so it is atomic. Other partitions, the users'
/// lists, only tell where to look (<see cref="CqlGroupEntries"/>).
/// </summary>
/// <remarks>
/// A change: (1) writes the added users' entries, and counts their lists, and says that notices may be pending; (2) runs the batch, which decides; (3) deletes entries that are no longer needed. If
/// the server dies before 2 or before 3, dead entries stay; no read counts them. The notices of the change are in the batch.
/// </remarks>
internal sealed class CqlGroupStore(
    ICqlSession session, IOptions<GroupsOptions> options, TimeProvider clock, ILogger<CqlGroupStore> log) : IGroupStore
{
    private const int ReadsAtOnce = 16;

    private const int LargestPage = 10_000;
    private const int MaxReads = 8;

    private readonly CqlGroupEntries _entries = new(session, clock, log);
    private readonly CqlPendingNotices _notices = new(session, clock, log);

    public TimeSpan MaxAge { get; } = TimeSpan.FromMilliseconds(options.Value.MaxStalenessMs);

    public async Task<GroupState?> FindAsync(ConversationId group, CancellationToken ct)
    {
        for (var read = 0; read < MaxReads; read++)
        {
            var (rows, pages) = await ReadAsync(group, ct);
            if (rows is not [var own, ..] || own.Get<long>(0) != 0)
                return null;
            var version = own.Get<long>(4);
            // One page is of one version. Between several pages the group may have changed.
            if (pages == 1 || await FindVersionAsync(group, linearizable: true, ct) == version)
            {
                return new GroupState(
                    group, own.Get<string>(1), (GroupHistory)own.Get<int>(2), own.Get<DateTimeOffset>(3), version, [.. rows.Skip(1).Select(ToMember)]);
            }
        }
        throw new StoreUnavailableException("The group changed during every read.");
    }

    public Task<long?> FindVersionAsync(ConversationId group, CancellationToken ct) => FindVersionAsync(group, linearizable: false, ct);

    public async Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct) => await _entries.FindGroupsOfAsync(user, ct);

    public async Task<IReadOnlyList<UserId>> FindSharingAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct)
    {
        var own = (await FindGroupsOfAsync(user, ct)).Select(group => group.Group).ToHashSet();
        if (own.Count == 0)
            return [];
        var found = await Concurrently.SelectAsync(
            others.ToList(), ReadsAtOnce, async (other, cancelled) => (await FindGroupsOfAsync(other, cancelled)).Any(group => own.Contains(group.Group)) ? other : (UserId?)null, ct);
        return [.. found.OfType<UserId>()];
    }

    public async Task<SaveOutcome> SaveAsync(GroupChange change, GroupLimits limits, CancellationToken ct)
    {
        var entry = Guid.CreateVersion7(clock.GetUtcNow());
        // Read before the change deletes it. If it is of another version, the change will not be saved.
        var left = change.Removed is { } removed ? await FindEntryAsync(change.After.Id, removed, ct) : null;
        if (!await _entries.TryAddAsync(change, entry, limits, ct))
            return SaveOutcome.TooManyGroups;
        var (isPresent, earlier) = await ReadNoticesBeforeAsync(change, ct);
        var pending = PendingNotices.Of(change);
        if (isPresent && change.After.Members.Count > 0 && PendingNotices.AreTooMuch(earlier.Count, NoticeJson.Encode(earlier).Length))
        {
            await RemoveEntriesAsync();
            return SaveOutcome.TooManyNotices;
        }
        if (isPresent && pending is not null)
            await _notices.AnnounceAsync(change.After.Id, pending, ct);

        // Not cancelled with the request. If no answer comes, the entries stay, since the change may have been saved.
        if (!isPresent || !(await session.ExecuteBatchAsync(Statements(change, entry, pending is null ? earlier : [.. earlier, pending]), CancellationToken.None)).Applied)
        {
            if (pending is not null)
                await _notices.WithdrawAsync(change.After.Id, [pending.Change]);
            await RemoveEntriesAsync();
            return SaveOutcome.OutOfDate;
        }
        if (left is { } leaver)
            await _entries.RemoveAsync(change.After.Id, [(change.Removed!.User, leaver)]);
        return SaveOutcome.Saved;

        Task RemoveEntriesAsync() => _entries.RemoveAsync(change.After.Id, change.Added.Select(member => (member.User, EntryId.Of(entry, change.JoiningOf(member)))));
    }

    public async Task<IReadOnlyList<UserId>> FindFullAsync(GroupChange change, GroupLimits limits, CancellationToken ct)
    {
        var full = new List<UserId>();
        foreach (var member in change.Added)
        {
            if (await _entries.IsFullAsync(member.User, change.JoiningOf(member), limits, ct))
                full.Add(member.User);
        }
        return full;
    }

    public async Task<IReadOnlyList<PendingNotices>> FindNoticesAsync(ConversationId group, CancellationToken ct) => (await _notices.ReadAsync(group, ct))?.Notices ?? [];

    public Task RemoveNoticesAsync(ConversationId group, IReadOnlyList<PendingNotices> appended, CancellationToken ct) => _notices.RemoveAsync(group, appended, ct);

    public Task<IReadOnlyList<ConversationId>> FindGroupsWithNoticesAsync(CancellationToken ct) => _notices.FindGroupsAsync(ct);

    // Those of the changes before, which the batch writes again with its own; and whether the group still has the version before the change.
    private async Task<(bool IsPresent, IReadOnlyList<PendingNotices> Notices)> ReadNoticesBeforeAsync(GroupChange change, CancellationToken ct) =>
        change.Before is not { } before ? (true, [])
        : await _notices.ReadAsync(before.Id, ct) is var (version, notices) && version == before.Version ? (true, notices)
        : (false, []);

    private async Task<long?> FindVersionAsync(ConversationId group, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT version FROM groups_groups WHERE group_id = ? AND ordinal = 0", group.Value) { Linearizable = linearizable }, ct);
        return found.Rows is [var own] ? own.Get<long>(0) : null;
    }

    // Linearizable: to a plain read an unfinished change is not atomic. An earlier read of a few rows may have copied those to other replicas (read repair),
    // and with them the new version without its members.
    private async Task<(List<CqlRow> Rows, int Pages)> ReadAsync(ConversationId group, CancellationToken ct)
    {
        var (rows, pages) = (new List<CqlRow>(), 0);
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(
                new CqlStatement(
                    """
                    SELECT ordinal, title, history, created_at, version, user_id, role, joined_at, visible_after
                    FROM groups_groups WHERE group_id = ?
                    """,
                    group.Value) { Linearizable = true, PageSize = LargestPage, PagingState = next },
                ct);
            rows.AddRange(page.Rows);
            (next, pages) = (page.PagingState, pages + 1);
        }
        while (next is not null);
        return (rows, pages);
    }

    private async Task<Guid?> FindEntryAsync(ConversationId group, Member member, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT entry FROM groups_groups WHERE group_id = ? AND ordinal = ?", group.Value, member.Ordinal), ct);
        return found.Rows is [var row] && !row.IsNull(0) ? row.Get<Guid>(0) : null;
    }

    // One batch for any number of members: the database limits only batches over several partitions. 10 000 members were 1.1 MB and took 1.2 s on
    // Cassandra 5.0.
    private static List<CqlStatement> Statements(GroupChange change, Guid entry, IReadOnlyList<PendingNotices> notices)
    {
        var id = change.After.Id.Value;
        List<CqlStatement> statements = [OwnRow(change, notices.Count == 0 ? null : NoticeJson.Encode(notices))];
        if (change.Removed is { } removed)
            statements.Add(new CqlStatement("DELETE FROM groups_groups WHERE group_id = ? AND ordinal = ?", id, removed.Ordinal));
        foreach (var member in change.Changed)
        {
            statements.Add(new CqlStatement(
                "UPDATE groups_groups SET role = ? WHERE group_id = ? AND ordinal = ?", (int)member.Role, id, member.Ordinal));
        }
        foreach (var member in change.Added)
        {
            statements.Add(new CqlStatement(
                "INSERT INTO groups_groups (group_id, ordinal, user_id, role, joined_at, visible_after, entry) VALUES (?, ?, ?, ?, ?, ?, ?)",
                id, member.Ordinal, member.User.Value, (int)member.Role, member.Membership.JoinedAt.Value, member.Membership.VisibleAfter.Value,
                EntryId.Of(entry, change.JoiningOf(member))));
        }
        return statements;
    }

    /// <summary>The statement with the condition: the group has the version before the change.</summary>
    private static CqlStatement OwnRow(GroupChange change, string? notices)
    {
        var (group, before) = (change.After, change.Before?.Version);
        return change switch
        {
            { Before: null } => new CqlStatement(
                """
                INSERT INTO groups_groups (group_id, ordinal, title, history, created_at, version, member_count, notices)
                VALUES (?, 0, ?, ?, ?, ?, ?, ?) IF NOT EXISTS
                """,
                group.Id.Value, group.Title, (int)group.History, group.CreatedAt, group.Version, group.Members.Count, notices) { Idempotent = false },
            { After.Members.Count: 0 } => new CqlStatement(
                "DELETE FROM groups_groups WHERE group_id = ? AND ordinal = 0 IF version = ?", group.Id.Value, before) { Idempotent = false },
            _ => new CqlStatement(
                "UPDATE groups_groups SET title = ?, history = ?, version = ?, member_count = ?, notices = ? WHERE group_id = ? AND ordinal = 0 IF version = ?",
                group.Title, (int)group.History, group.Version, group.Members.Count, notices, group.Id.Value, before) { Idempotent = false },
        };
    }

    private static Member ToMember(CqlRow row) => new(
        UserId.Parse(row.Get<string>(5)), (GroupRole)row.Get<int>(6),
        new Membership(new SeqNo(row.Get<long>(7)), new SeqNo(row.Get<long>(8))), row.Get<long>(0));
}

using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Messaging.Contracts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Groups.Store;

/// <summary>
/// The embedded store; its tables are in migrations/. Reads are cached, so a read waits for a save whose caller was told that it took too long.
/// </summary>
internal sealed class SqliteGroupStore(SqliteDatabase database) : IGroupStore, ILogPositions
{
    public TimeSpan MaxAge => Timeout.InfiniteTimeSpan;

    public Task<GroupState?> FindAsync(ConversationId group, CancellationToken ct) => ReadAsync(connection => Find(connection, group), ct);

    public Task<long?> FindVersionAsync(ConversationId group, CancellationToken ct) => ReadAsync(connection =>
        connection.QuerySingleOrDefault<long?>("SELECT version FROM groups_groups WHERE group_id = $id", new { id = group.Value }), ct);

    public Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct) =>
        ReadAsync(connection => FindGroupsOf(connection, user), ct);

    public Task<IReadOnlyList<UserId>> FindSharingAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct) =>
        ReadAsync(connection => FindSharing(connection, user, others), ct);

    public Task<SaveOutcome> SaveAsync(GroupChange change, GroupLimits limits, CancellationToken ct) =>
        database.WriteAsync(connection => Save(connection, change, limits), ct);

    public Task<IReadOnlyList<UserId>> FindFullAsync(GroupChange change, GroupLimits limits, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<UserId>>(database.Read(connection => FindFull(connection, change, limits)));

    public Task<IReadOnlyList<PendingNotices>> FindNoticesAsync(ConversationId group, CancellationToken ct) => ReadAsync(
        IReadOnlyList<PendingNotices> (connection) => [.. connection
            .Query<string>("SELECT notices FROM groups_notices WHERE group_id = $id ORDER BY version", new { id = group.Value }).Select(NoticeJson.Decode)], ct);

    public Task RemoveNoticesAsync(ConversationId group, IReadOnlyList<PendingNotices> appended, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            "DELETE FROM groups_notices WHERE group_id = $id AND version = $Version", appended.Select(pending => new { id = group.Value, pending.Version })), ct);

    public Task<IReadOnlyList<ConversationId>> FindGroupsWithNoticesAsync(CancellationToken ct) => ReadAsync(
        IReadOnlyList<ConversationId> (connection) =>
            [.. connection.Query<string>("SELECT DISTINCT group_id FROM groups_notices").Select(id => ConversationId.Parse(id))], ct);

    public IReadOnlyDictionary<ConversationId, SeqNo> ReadHighest() => database.Read(reader => reader
        .Query<(string Group, long Place)>("SELECT group_id, max(max(joined_at, visible_after)) FROM groups_members GROUP BY group_id")
        .ToDictionary(row => ConversationId.Parse(row.Group), row => new SeqNo(row.Place)));

    public Task ClampAsync(IReadOnlyDictionary<ConversationId, SeqNo> heads, CancellationToken ct) => database.MaintainAsync(connection => connection.Execute(
        "UPDATE groups_members SET joined_at = min(joined_at, $head), visible_after = min(visible_after, $head) WHERE group_id = $group",
        heads.Select(head => new { group = head.Key.Value, head = head.Value.Value })), ct);

    private async Task<T> ReadAsync<T>(Func<SqliteConnection, T> query, CancellationToken ct)
    {
        await database.SettledAsync(ct);
        return database.Read(query);
    }

    private static GroupState? Find(SqliteConnection connection, ConversationId id)
    {
        // Both reads see the same version.
        using var transaction = connection.BeginTransaction(deferred: true);
        var group = connection.QuerySingleOrDefault<GroupRow>(
            "SELECT title, history, created_at AS createdAt, version FROM groups_groups WHERE group_id = $id",
            new { id = id.Value }, transaction);
        if (group is null)
            return null;

        var members = connection.Query<MemberRow>(
            """
            SELECT user_id AS user, role, joined_at AS joinedAt, visible_after AS visibleAfter, ordinal
            FROM groups_members WHERE group_id = $id ORDER BY ordinal
            """,
            new { id = id.Value }, transaction);
        return new GroupState(
            id, group.Title, (GroupHistory)group.History, DateTimeOffset.FromUnixTimeMilliseconds(group.CreatedAt), group.Version,
            [.. members.Select(row => row.ToMember())]);
    }

    private static IReadOnlyList<JoinedGroup> FindGroupsOf(SqliteConnection connection, UserId user)
    {
        var rows = connection.Query<JoinedRow>(
            """
            SELECT g.group_id AS id, g.title, g.member_count AS memberCount, m.joined_at AS joinedAt, m.visible_after AS visibleAfter,
                g.created_at AS createdAt
            FROM groups_members AS m JOIN groups_groups AS g USING (group_id) WHERE m.user_id = $user
            """,
            new { user = user.Value });
        return [.. rows.Select(row => row.ToJoinedGroup())];
    }

    private static IReadOnlyList<UserId> FindSharing(SqliteConnection connection, UserId user, IReadOnlyCollection<UserId> others) =>
        [.. connection.Query<string>(
            """
            SELECT value FROM json_each($others) WHERE EXISTS (
                SELECT 1 FROM groups_members AS theirs JOIN groups_members AS own USING (group_id) WHERE theirs.user_id = value AND own.user_id = $user)
            """,
            new { user = user.Value, others = JsonSerializer.Serialize(others) }).Select(name => UserId.Parse(name))];

    private static SaveOutcome Save(SqliteConnection connection, GroupChange change, GroupLimits limits)
    {
        if (FindFull(connection, change, limits).Count > 0)
            return SaveOutcome.TooManyGroups;
        if (change is { Before: { } before, After.Members.Count: > 0 } && IsTooMuchPending(connection, before.Id))
            return SaveOutcome.TooManyNotices;
        if (!SaveGroup(connection, change))
            return SaveOutcome.OutOfDate;

        // In this order there is never a second owner.
        var id = change.After.Id.Value;
        if (change.Removed is { } removed)
        {
            connection.Execute(
                """
                DELETE FROM groups_members WHERE group_id = $id AND ordinal = $Ordinal;
                UPDATE groups_users SET group_count = group_count - 1 WHERE user_id = $user;
                DELETE FROM groups_users WHERE user_id = $user AND group_count = 0;
                """,
                new { id, removed.Ordinal, user = removed.User.Value });
        }
        connection.Execute(
            "UPDATE groups_members SET role = $role WHERE group_id = $id AND ordinal = $Ordinal",
            change.Changed.Select(member => new { id, member.Ordinal, role = (int)member.Role }));
        connection.Execute(
            """
            INSERT INTO groups_members (group_id, ordinal, user_id, role, joined_at, visible_after, joining)
            VALUES ($id, $Ordinal, $user, $role, $joinedAt, $visibleAfter, $joining);
            INSERT INTO groups_users (user_id, group_count) VALUES ($user, 1) ON CONFLICT DO UPDATE SET group_count = group_count + 1;
            """,
            change.Added.Select(member => new
            {
                id,
                member.Ordinal,
                user = member.User.Value,
                role = (int)member.Role,
                joinedAt = member.Membership.JoinedAt.Value,
                visibleAfter = member.Membership.VisibleAfter.Value,
                joining = (int)change.JoiningOf(member),
            }));
        if (PendingNotices.Of(change) is { } pending)
        {
            connection.Execute(
                "INSERT INTO groups_notices (group_id, version, notices) VALUES ($id, $Version, $notices)", new { id, pending.Version, notices = NoticeJson.Encode(pending) });
        }
        return SaveOutcome.Saved;
    }

    private static bool IsTooMuchPending(SqliteConnection connection, ConversationId group)
    {
        var (changes, bytes) = connection.QuerySingle<(long, long)>(
            "SELECT count(*), coalesce(sum(length(notices)), 0) FROM groups_notices WHERE group_id = $id", new { id = group.Value });
        return PendingNotices.AreTooMuch(changes, bytes);
    }

    private static List<UserId> FindFull(SqliteConnection connection, GroupChange change, GroupLimits limits)
    {
        if (change.Added.Count == 0)
            return [];
        // One look-up for most users: only those in many groups are counted.
        var many = connection.Query<string>(
            """
            SELECT value FROM json_each($users) LEFT JOIN groups_users ON user_id = value WHERE coalesce(group_count, 0) >= $groups
            """,
            new { users = JsonSerializer.Serialize(change.Added.Select(member => member.User)), groups = limits.Lowest }).ToHashSet(StringComparer.Ordinal);
        return [.. change.Added
            .Where(member => many.Contains(member.User.Value) && IsFull(connection, member.User, change.JoiningOf(member), limits))
            .Select(member => member.User)];
    }

    private static bool IsFull(SqliteConnection connection, UserId user, Joining joining, GroupLimits limits) =>
        connection.QuerySingle<long>(
            "SELECT count(*) FROM groups_members WHERE user_id = $user AND joining = $joining",
            new { user = user.Value, joining = (int)joining }) >= limits.Of(joining);

    /// <summary>False if the group has another version.</summary>
    private static bool SaveGroup(SqliteConnection connection, GroupChange change)
    {
        var sql = change switch
        {
            { Before: null } =>
                """
                INSERT INTO groups_groups (group_id, title, history, created_at, version, member_count)
                VALUES ($id, $Title, $history, $createdAt, $Version, $members)
                """,
            { After.Members.Count: 0 } => "DELETE FROM groups_groups WHERE group_id = $id AND version = $before",
            _ =>
                """
                UPDATE groups_groups SET title = $Title, history = $history, version = $Version, member_count = $members
                WHERE group_id = $id AND version = $before
                """,
        };
        var group = change.After;
        return connection.Execute(sql, new
        {
            id = group.Id.Value,
            group.Title,
            history = (int)group.History,
            createdAt = group.CreatedAt.ToUnixTimeMilliseconds(),
            group.Version,
            members = group.Members.Count,
            before = change.Before?.Version,
        }) == 1;
    }

    private sealed record GroupRow(string Title, long History, long CreatedAt, long Version);

    private sealed record MemberRow(string User, long Role, long JoinedAt, long VisibleAfter, long Ordinal)
    {
        public Member ToMember() =>
            new(UserId.Parse(User), (GroupRole)Role, new Membership(new SeqNo(JoinedAt), new SeqNo(VisibleAfter)), Ordinal);
    }

    private sealed record JoinedRow(string Id, string Title, long MemberCount, long JoinedAt, long VisibleAfter, long CreatedAt)
    {
        public JoinedGroup ToJoinedGroup() => new(
            ConversationId.Parse(Id), Title, (int)MemberCount, new Membership(new SeqNo(JoinedAt), new SeqNo(VisibleAfter)),
            DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt));
    }
}

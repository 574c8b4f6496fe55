using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Groups.Store;

/// <summary>
/// Table <c>groups_entries</c>: the groups that a user may be in. An entry is written before the change of its group, so every membership has one. It counts
/// only if the group has a member with that entry.
/// </summary>
/// <remarks>
/// An entry without such a member belongs to a change that is not saved yet, or is dead: the change was never saved, or the member has left. It is dead for
/// certain when the group has the entry's version or a later one, since a change is saved only on the version before it; and, if the group does not exist,
/// long after any request has ended. Dead entries are deleted when found.
/// </remarks>
internal sealed class CqlGroupEntries(ICqlSession session, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(10);

    public async Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct)
    {
        var joined = new ConcurrentBag<JoinedGroup>();
        await ForEachAsync(await ReadAsync(user, ct), async (entry, cancelled) =>
        {
            var (group, isDead) = await CheckAsync(user, entry, cancelled);
            if (group is not null)
                joined.Add(group);
            if (isDead)
                await TryDeleteAsync(user, entry.Group, entry.Id);
        }, ct);
        return [.. joined];
    }

    /// <summary>Whether a user has reached its limit of groups, by how it came in.</summary>
    public async Task<bool> IsFullAsync(UserId user, Joining joining, GroupLimits limits, CancellationToken ct) =>
        await ExceedsAsync(limits.Of(joining) - 1, user, joining, ct);

    /// <summary>Writes the entries of a change. False, and none stays, if an added user is in too many groups.</summary>
    /// <remarks>
    /// The limit holds under concurrency: of the entries that would exceed it one was written last, and its writer counts all others. Two concurrent writers
    /// at the limit may both be refused.
    /// </remarks>
    public async Task<bool> TryAddAsync(GroupChange change, Guid id, GroupLimits limits, CancellationToken ct)
    {
        var (group, begunAt, tooMany) = (change.After.Id, clock.GetUtcNow(), false);
        try
        {
            await ForEachAsync(change.Added, async (member, cancelled) =>
            {
                var joining = change.JoiningOf(member);
                await session.ExecuteAsync(
                    new CqlStatement(
                        "INSERT INTO groups_entries (user_id, group_id, entry, ordinal, version, begun_at) VALUES (?, ?, ?, ?, ?, ?)",
                        member.User.Value, group.Value, EntryId.Of(id, joining), member.Ordinal, change.After.Version, begunAt),
                    cancelled);
                var counted = await session.ExecuteAsync(
                    new CqlStatement("SELECT count(*) FROM groups_entries WHERE user_id = ?", member.User.Value), cancelled);
                if (counted.Rows[0].Get<long>(0) > limits.Lowest && await ExceedsAsync(limits.Of(joining), member.User, joining, cancelled))
                    Volatile.Write(ref tooMany, true);
            }, ct);
        }
        catch
        {
            // The change was not saved: these entries are dead.
            await RemoveAsync(group, change.Added.Select(member => (member.User, EntryId.Of(id, change.JoiningOf(member)))));
            throw;
        }
        if (tooMany)
            await RemoveAsync(group, change.Added.Select(member => (member.User, EntryId.Of(id, change.JoiningOf(member)))));
        return !tooMany;
    }

    /// <summary>Deletes dead entries. Those that cannot be deleted now are deleted when they are next read.</summary>
    public Task RemoveAsync(ConversationId group, IEnumerable<(UserId User, Guid Id)> entries) =>
        ForEachAsync(entries, async (entry, _) => await TryDeleteAsync(entry.User, group, entry.Id), CancellationToken.None);

    /// <summary>Whether a user is in more than so many groups, by how it came in. Each entry is checked only if there are more entries than that.</summary>
    private async Task<bool> ExceedsAsync(int groups, UserId user, Joining joining, CancellationToken ct)
    {
        var entries = (await ReadAsync(user, ct)).Where(entry => EntryId.JoiningOf(entry.Id) == joining).ToList();
        if (entries.Count <= groups)
            return false;
        var living = 0;
        await ForEachAsync(entries, async (entry, cancelled) =>
        {
            if ((await CheckAsync(user, entry, cancelled)).IsDead)
                await TryDeleteAsync(user, entry.Group, entry.Id);
            else
                Interlocked.Increment(ref living);
        }, ct);
        return living > groups;
    }

    private async Task<List<Entry>> ReadAsync(UserId user, CancellationToken ct)
    {
        var entries = new List<Entry>();
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(
                new CqlStatement("SELECT group_id, entry, ordinal, version, begun_at FROM groups_entries WHERE user_id = ?", user.Value) { PagingState = next }, ct);
            entries.AddRange(page.Rows.Select(row => new Entry(
                ConversationId.Parse(row.Get<string>(0)), row.Get<Guid>(1), row.Get<long>(2), row.Get<long>(3), row.Get<DateTimeOffset>(4))));
            next = page.PagingState;
        }
        while (next is not null);
        return entries;
    }

    /// <summary>The group as the entry's user sees it, if the entry counts.</summary>
    private async Task<(JoinedGroup? Group, bool IsDead)> CheckAsync(UserId user, Entry entry, CancellationToken ct)
    {
        var look = await CheckOnceAsync(user, entry, linearizable: false, ct);
        if (look.Group is not null || (!(look.Version >= entry.Version) && clock.GetUtcNow() - entry.BegunAt < LongestRequest))
            return (look.Group, false);
        // A linearizable read completes a change whose server died within it: what is missing then will never come. A plain read may see the group's new
        // version without its new member.
        look = await CheckOnceAsync(user, entry, linearizable: true, ct);
        return (look.Group, look.Group is null);
    }

    private async Task<(JoinedGroup? Group, long? Version)> CheckOnceAsync(UserId user, Entry entry, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                """
                SELECT ordinal, title, member_count, created_at, version, user_id, entry, joined_at, visible_after
                FROM groups_groups WHERE group_id = ? AND ordinal IN (0, ?)
                """,
                entry.Group.Value, entry.Ordinal) { Linearizable = linearizable },
            ct);
        if (found.Rows is not [var own, ..] || own.Get<long>(0) != 0)
            return (null, null);
        var isMember = found.Rows is [_, var member] && member.Get<string>(5) == user.Value && member.Get<Guid>(6) == entry.Id;
        return (isMember ? ToJoinedGroup(entry.Group, own, found.Rows[1]) : null, own.Get<long>(4));
    }

    private async Task TryDeleteAsync(UserId user, ConversationId group, Guid id)
    {
        try
        {
            await session.ExecuteAsync(
                new CqlStatement("DELETE FROM groups_entries WHERE user_id = ? AND group_id = ? AND entry = ?", user.Value, group.Value, id),
                CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            log.EntryNotDeleted(user, group, e);
        }
    }

    private static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, ValueTask> body, CancellationToken ct) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = ct }, body);

    private static JoinedGroup ToJoinedGroup(ConversationId group, CqlRow own, CqlRow member) => new(
        group, own.Get<string>(1), own.Get<int>(2), new Membership(new SeqNo(member.Get<long>(7)), new SeqNo(member.Get<long>(8))),
        own.Get<DateTimeOffset>(3));

    private sealed record Entry(ConversationId Group, Guid Id, long Ordinal, long Version, DateTimeOffset BegunAt);
}

/// <summary>
/// The id of an entry, which tells how its user came in: a UUID of version 7 (as all were once), or of version 8 (RFC 9562 §5.8) with the kind in its last
/// byte. So no column is needed that older servers do not write.
/// </summary>
internal static class EntryId
{
    public static Guid Of(Guid change, Joining joining)
    {
        if (joining == Joining.Known)
            return change;
        Span<byte> bytes = stackalloc byte[16];
        change.TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6] = (byte)(0x80 | (bytes[6] & 0x0f));
        bytes[15] = (byte)joining;
        return new Guid(bytes, bigEndian: true);
    }

    public static Joining JoiningOf(Guid entry)
    {
        Span<byte> bytes = stackalloc byte[16];
        entry.TryWriteBytes(bytes, bigEndian: true, out _);
        return entry.Version == 8 ? (Joining)bytes[15] : Joining.Known;
    }
}

using System.IO.Hashing;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Domain;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Groups.Store;

/// <summary>
/// The notices that are to be appended, in column <c>notices</c> of a group's own row, and table <c>groups_pending</c>, which tells where to look. As every save raises the version and only saves add notices, of one
/// version they only become fewer: what is taken out twice, or kept although it is in the log, does no harm, as an append is done once.
/// </summary>
internal sealed class CqlPendingNotices(ICqlSession session, TimeProvider clock, ILogger log)
{
    private const int Parts = 16;
    private const int MaxTries = 8;

    // The server that made the change appends its notices itself before that.
    private static readonly TimeSpan OwnTurn = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(10);

    /// <summary>The group's version and pending notices, as of all changes before; null if there is no group.</summary>
    public async Task<(long Version, IReadOnlyList<PendingNotices> Notices)?> ReadAsync(ConversationId group, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT version, notices FROM groups_groups WHERE group_id = ? AND ordinal = 0", group.Value) { Linearizable = true }, ct);
        return found.Rows is [var own] ? (own.Get<long>(0), NoticeJson.DecodeAll(own.IsNull(1) ? null : own.Get<string>(1))) : null;
    }

    /// <summary>Before the change.</summary>
    public Task AnnounceAsync(ConversationId group, PendingNotices pending, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement("INSERT INTO groups_pending (part, group_id, change, begun_at) VALUES (?, ?, ?, ?)", PartOf(group.Value), group.Value, pending.Change, clock.GetUtcNow()), ct);

    /// <summary>They are in the log, or their change was not saved. What cannot be removed now is removed when it is next found.</summary>
    public async Task WithdrawAsync(ConversationId group, IEnumerable<Guid> changes)
    {
        try
        {
            foreach (var change in changes)
            {
                await session.ExecuteAsync(
                    new CqlStatement("DELETE FROM groups_pending WHERE part = ? AND group_id = ? AND change = ?", PartOf(group.Value), group.Value, change), CancellationToken.None);
            }
        }
        catch (StoreUnavailableException e)
        {
            log.PendingNotDeleted(group, e);
        }
    }

    public async Task RemoveAsync(ConversationId group, IReadOnlyList<PendingNotices> appended, CancellationToken ct)
    {
        HashSet<Guid> changes = [.. appended.Select(pending => pending.Change)];
        for (var attempt = 0; attempt < MaxTries && await ReadAsync(group, ct) is var (version, pending); attempt++)
        {
            var left = pending.Where(one => !changes.Contains(one.Change)).ToList();
            if (left.Count == pending.Count || await TryWriteAsync(group, version, left, ct))
                break;
        }
        await WithdrawAsync(group, changes);
    }

    /// <summary>Those whose servers had their turn.</summary>
    public async Task<IReadOnlyList<ConversationId>> FindGroupsAsync(CancellationToken ct)
    {
        var found = new HashSet<ConversationId>();
        for (var part = 0; part < Parts; part++)
        {
            var rows = new CqlStatement("SELECT group_id, change, begun_at FROM groups_pending WHERE part = ?", part);
            while (rows is not null)
            {
                var page = await session.ExecuteAsync(rows, ct);
                foreach (var row in page.Rows)
                {
                    var (group, age) = (ConversationId.Parse(row.Get<string>(0)), clock.GetUtcNow() - row.Get<DateTimeOffset>(2));
                    if (age >= OwnTurn && await IsPendingAsync(group, row.Get<Guid>(1), age, ct))
                        found.Add(group);
                }
                rows = page.PagingState is { } next ? rows.After(next) : null;
            }
        }
        return [.. found];
    }

    /// <summary>The part of <c>groups_pending</c> that a group is in.</summary>
    public static int PartOf(string group) => (int)(XxHash3.HashToUInt64(Encoding.ASCII.GetBytes(group)) % Parts);

    private async Task<bool> IsPendingAsync(ConversationId group, Guid change, TimeSpan age, CancellationToken ct)
    {
        if (await ReadAsync(group, ct) is var (_, pending) && pending.Any(one => one.Change == change))
            return true;
        // It is in the log, was never saved, or is not saved yet.
        if (age >= LongestRequest)
            await WithdrawAsync(group, [change]);
        return false;
    }

    private async Task<bool> TryWriteAsync(ConversationId group, long version, List<PendingNotices> left, CancellationToken ct) => (await session.ExecuteBatchAsync(
        [
            new CqlStatement(
                "UPDATE groups_groups SET notices = ? WHERE group_id = ? AND ordinal = 0 IF version = ?",
                left.Count == 0 ? null : NoticeJson.Encode(left), group.Value, version) { Idempotent = false },
        ], ct)).Applied;
}

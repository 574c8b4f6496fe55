using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Finds the outcome of an attempt from its claims. A claim is settled when its message counts, or when the conversation is in a later term whose fence is set
/// and the message does not count.
/// </summary>
internal sealed class Attempts(ILogTables tables, FinalReader reader)
{
    // That have written a row for one seqNo.
    private const int MaxTerms = 20;

    public async Task<IReadOnlyList<Claim>> FindClaimsAsync(UserId sender, string clientMsgId, CancellationToken ct) =>
        [.. (await tables.ReadClaimsAsync(AttemptKey.Of(sender, clientMsgId), ct))
            .Where(claim => claim.Sender == sender && claim.ClientMsgId == clientMsgId)];

    public async Task<LogRow?> FindAsync(UserId sender, string clientMsgId, CancellationToken ct) =>
        (await JudgeAsync(await FindClaimsAsync(sender, clientMsgId, ct), waits: true, ct)).Row;

    public async Task<LogRow?> FindAsync(MessageId id, CancellationToken ct) =>
        (await JudgeAsync([.. (await tables.ReadClaimsAsync(AttemptKey.Of(id), ct)).Where(claim => claim.Id == id)], waits: true, ct)).Row;

    /// <summary>Overwrites a message's content in every row that was written for its attempt: its own row, and those of lost terms.</summary>
    public async Task EraseAsync(LoggedMessage message, CancellationToken ct)
    {
        var claims = await FindClaimsAsync(message.Sender.User, message.ClientMsgId, ct);
        var spans = claims.Select(claim => (claim.Conversation, claim.After, Reach: Claim.Reach))
            .Append((message.Conversation, new SeqNo(message.SeqNo.Value - 1), 1));
        foreach (var (conversation, after, reach) in spans.Distinct())
        {
            var last = new SeqNo(after.Value + reach);
            for (var bucket = Buckets.Of(after.Next); bucket <= Buckets.Of(last); bucket++)
            {
                var rows = await tables.ReadSendersUpAsync(conversation, bucket, after, reach * MaxTerms, ct);
                foreach (var row in rows.Where(row => row.SeqNo <= last && IsOfAttempt(row.Message, message)))
                    await tables.EraseAsync(row with { Message = row.Message with { Content = message.Content } }, ct);
            }
        }
    }

    private static bool IsOfAttempt(LoggedMessage row, LoggedMessage message) =>
        row.Sender.User == message.Sender.User && row.ClientMsgId == message.ClientMsgId;

    /// <summary>The message of these claims of one attempt; or else the claims that may still get one.</summary>
    /// <param name="claims">All known claims of the attempt.</param>
    /// <param name="waits">Whether to wait for other writers; else their claims stay open.</param>
    public async Task<(LogRow? Row, IReadOnlyList<Claim> Open)> JudgeAsync(IReadOnlyList<Claim> claims, bool waits, CancellationToken ct)
    {
        var open = new List<Claim>();
        foreach (var near in claims.GroupBy(claim => (claim.Conversation, (claim.After.Value - 1) / Claim.Reach)))
        {
            // Claims of many tries are close together: one read is enough.
            var after = near.MinBy(claim => claim.After)!.After;
            var reach = (int)(near.MaxBy(claim => claim.After)!.After.Value - after.Value) + Claim.Reach;
            var page = waits
                ? await reader.ReadUpAsync(near.Key.Conversation, after, reach, ct)
                : await reader.TryReadUpAsync(near.Key.Conversation, after, reach, ct);
            foreach (var claim in near)
            {
                if (page is not null && page.Rows.FindIndex(row => row.Message.Id == claim.Id) is >= 0 and var index)
                    return (page.Rows[index], []);
                if (page is null || page.State.FencedTerm <= claim.Term)
                    open.Add(claim);
            }
        }
        return (null, open);
    }
}

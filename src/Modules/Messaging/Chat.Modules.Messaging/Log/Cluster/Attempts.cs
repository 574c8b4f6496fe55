using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// What became of an attempt, from the claims that were made for it. A claim is settled for good once its message counts, or once its
/// conversation is in a later term, whose fence is set, and the message does not.
/// </summary>
internal sealed class Attempts(ILogTables tables, FinalReader reader)
{
    public async Task<IReadOnlyList<Claim>> FindClaimsAsync(UserId sender, string clientMsgId, CancellationToken ct) =>
        [.. (await tables.ReadClaimsAsync(AttemptKey.Of(sender, clientMsgId), ct))
            .Where(claim => claim.Sender == sender && claim.ClientMsgId == clientMsgId)];

    public async Task<LoggedMessage?> FindAsync(UserId sender, string clientMsgId, CancellationToken ct) =>
        (await JudgeAsync(await FindClaimsAsync(sender, clientMsgId, ct), waits: true, ct)).Message;

    public async Task<LoggedMessage?> FindAsync(MessageId id, CancellationToken ct) =>
        (await JudgeAsync([.. (await tables.ReadClaimsAsync(AttemptKey.Of(id), ct)).Where(claim => claim.Id == id)], waits: true, ct)).Message;

    /// <summary>Overwrites what a message says in each row that was written for its attempt: its own, and those of terms that were lost.</summary>
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
                // Of each seqNo the rows of as many terms as a writer would try.
                var rows = await tables.ReadSendersUpAsync(conversation, bucket, after, reach * WriterContext.MaxTurns, ct);
                foreach (var row in rows.Where(row => row.SeqNo <= last && IsOfAttempt(row.Message, message)))
                    await tables.EraseAsync(row, ct);
            }
        }
    }

    private static bool IsOfAttempt(LoggedMessage row, LoggedMessage message) =>
        row.Sender.User == message.Sender.User && row.ClientMsgId == message.ClientMsgId;

    /// <summary>The one message of these claims of one attempt, or else those that may still come to something.</summary>
    /// <param name="claims">All that is known of the attempt.</param>
    /// <param name="waits">Whether to wait where another writer has yet to say; else such claims are open.</param>
    public async Task<(LoggedMessage? Message, IReadOnlyList<Claim> Open)> JudgeAsync(IReadOnlyList<Claim> claims, bool waits, CancellationToken ct)
    {
        var open = new List<Claim>();
        foreach (var near in claims.GroupBy(claim => (claim.Conversation, (claim.After.Value - 1) / Claim.Reach)))
        {
            // Those of many tries stand close together, and one read tells of all.
            var after = near.MinBy(claim => claim.After)!.After;
            var reach = (int)(near.MaxBy(claim => claim.After)!.After.Value - after.Value) + Claim.Reach;
            var page = waits
                ? await reader.ReadUpAsync(near.Key.Conversation, after, reach, ct)
                : await reader.TryReadUpAsync(near.Key.Conversation, after, reach, ct);
            foreach (var claim in near)
            {
                if (page?.Messages.Find(message => message.Id == claim.Id) is { } message)
                    return (message, []);
                if (page is null || page.State.FencedTerm <= claim.Term)
                    open.Add(claim);
            }
        }
        return (null, open);
    }
}

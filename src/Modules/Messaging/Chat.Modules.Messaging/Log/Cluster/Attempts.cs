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

    /// <summary>The one message of these claims of one attempt, or else those that may still come to something.</summary>
    /// <param name="claims">All that is known of the attempt.</param>
    /// <param name="waits">Whether to wait where another writer has yet to say; else such claims are open.</param>
    /// <param name="ct">Gives up.</param>
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

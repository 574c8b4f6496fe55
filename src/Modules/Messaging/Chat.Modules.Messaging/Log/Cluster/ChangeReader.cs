using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Reads what the changes of messages add up to. A version whose writer has not marked it as settled counts as far as the rows of its batch do, so these are read: all of them,
/// and the version's state is it; some, and they are applied to its base; none, and its base is it. Whoever has found that out writes it down.
/// </summary>
internal sealed class ChangeReader(ILogTables tables, FinalReader reader)
{
    /// <summary>The states of some messages; those that nothing has changed are not in the answer.</summary>
    public async Task<IReadOnlyDictionary<SeqNo, MessageState>> ReadStatesAsync(ConversationId conversation, IReadOnlyCollection<SeqNo> targets, CancellationToken ct)
    {
        var versions = await ReadStateVersionsAsync(tables, conversation, targets, ct);
        var settled = await SettleAsync(conversation, versions, [], waits: true, ct);
        return settled!.Value.States.Where(version => version.State is not null).ToDictionary(version => version.Target, version => version.State!);
    }

    /// <summary>The newest entry of a user about each emoji on some messages.</summary>
    public async Task<IReadOnlyList<ReactionVersion>> ReadReactionsAsync(
        ConversationId conversation, IReadOnlyCollection<SeqNo> targets, UserId user, CancellationToken ct)
    {
        var versions = await Task.WhenAll(targets.Distinct().Chunk(ILogTables.MaxKeysRead)
            .Select(some => tables.ReadReactionVersionsAsync(conversation, some, [user], ct)));
        return (await SettleAsync(conversation, [], [.. versions.SelectMany(some => some)], waits: true, ct))!.Value.Reactions;
    }

    /// <summary>The reactions of a message after a place, by user and emoji; also those that were taken back. Fewer than the limit only at the end.</summary>
    public async Task<IReadOnlyList<ReactionVersion>> ReadReactionsAsync(
        ConversationId conversation, SeqNo target, ReactionPlace? after, int limit, CancellationToken ct)
    {
        var versions = await tables.ReadReactionVersionsAsync(conversation, target, after, limit, ct);
        return (await SettleAsync(conversation, [], versions, waits: true, ct))!.Value.Reactions;
    }

    public static async Task<IReadOnlyList<StateVersion>> ReadStateVersionsAsync(
        ILogTables tables, ConversationId conversation, IReadOnlyCollection<SeqNo> targets, CancellationToken ct)
    {
        var versions = await Task.WhenAll(targets.Distinct().Chunk(ILogTables.MaxKeysRead).Select(some => tables.ReadStateVersionsAsync(conversation, some, ct)));
        return [.. versions.SelectMany(some => some)];
    }

    /// <summary>The state of a message; null if nothing has changed it. When it is answered, what the message was before is not stored beside it any more.</summary>
    /// <exception cref="StoreUnavailableException">It may still be.</exception>
    public async Task<MessageState?> SettleStateAsync(ConversationId conversation, SeqNo target, CancellationToken ct)
    {
        var versions = await ReadStateVersionsAsync(tables, conversation, [target], ct);
        var decided = (await DecideAsync(conversation, versions, [], waits: true, ct))!.Value.States;
        await WriteAsync(tables, conversation, NewlySettled(versions, decided), []);
        return decided is [var version] ? version.State : null;
    }

    /// <summary>The versions as they count.</summary>
    /// <param name="waits">Whether to wait for other writers.</param>
    /// <returns>Null if that would be needed.</returns>
    public async Task<(IReadOnlyList<StateVersion> States, IReadOnlyList<ReactionVersion> Reactions)?> SettleAsync(
        ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, bool waits, CancellationToken ct)
    {
        if (states.All(version => version.IsSettled) && reactions.All(version => version.IsSettled))
            return (states, reactions);
        if (await DecideAsync(conversation, states, reactions, waits, ct) is not var (decidedStates, decidedReactions))
            return null;
        _ = WriteSettledAsync(
            tables, conversation, NewlySettled(states, decidedStates), [.. decidedReactions.Where((version, i) => version.IsSettled && !reactions[i].IsSettled)]);
        return (decidedStates, decidedReactions);
    }

    /// <summary>Writes down that versions are settled. It saves readers the look at the rows: what fails is not repeated.</summary>
    public static async Task WriteSettledAsync(
        ILogTables tables, ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions)
    {
        try
        {
            await WriteAsync(tables, conversation, states, reactions);
        }
        catch (StoreUnavailableException)
        {
            // They stay as they are.
        }
    }

    private static Task WriteAsync(ILogTables tables, ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions)
    {
        var ofReactions = reactions.ToLookup(version => Blocks.Of(version.Target));
        var ofStates = states.ToLookup(version => Blocks.Of(version.Target));
        return Task.WhenAll(ofStates.Select(block => block.Key).Union(ofReactions.Select(block => block.Key))
            .Select(block => tables.SettleAsync(conversation, [.. ofStates[block]], [.. ofReactions[block]], CancellationToken.None)));
    }

    private static List<StateVersion> NewlySettled(IReadOnlyList<StateVersion> before, IReadOnlyList<StateVersion> decided) =>
        [.. decided.Where((version, i) => version.IsSettled && !before[i].IsSettled)];

    // In their order.
    private async Task<(IReadOnlyList<StateVersion> States, IReadOnlyList<ReactionVersion> Reactions)?> DecideAsync(
        ConversationId conversation, IReadOnlyList<StateVersion> states, IReadOnlyList<ReactionVersion> reactions, bool waits, CancellationToken ct)
    {
        var batches = new Dictionary<(long Term, SeqNo First), Batch>();
        var open = states.Where(version => !version.IsSettled).Select(version => (version.Term, version.First, version.Last))
            .Concat(reactions.Where(version => !version.IsSettled).Select(version => (version.Term, version.First, version.Last)));
        foreach (var batch in open.GroupBy(version => (version.Term, version.First), version => version.Last))
        {
            if (await ReadBatchAsync(conversation, batch.Key.Term, batch.Key.First, batch.Max(), waits, ct) is not { } read)
                return null;
            batches.Add(batch.Key, read);
        }
        return (
            [.. states.Select(version => version.IsSettled ? version : Settle(version, batches[(version.Term, version.First)]))],
            [.. reactions.Select(version => version.IsSettled ? version : Settle(version, batches[(version.Term, version.First)]))]);
    }

    private async Task<Batch?> ReadBatchAsync(ConversationId conversation, long term, SeqNo first, SeqNo last, bool waits, CancellationToken ct)
    {
        var (after, count) = (new SeqNo(first.Value - 1), (int)(last.Value - first.Value) + 1);
        var page = waits ? await reader.ReadUpAsync(conversation, after, count, ct) : await reader.TryReadUpAsync(conversation, after, count, ct);
        return page is null ? null : new Batch([.. page.Rows.Where(row => row.Term == term).Select(row => row.Message)], page.State.FencedTerm > term);
    }

    private static StateVersion Settle(StateVersion version, Batch batch)
    {
        if (batch.Has(version.Last))
            return version with { IsSettled = true };
        var state = version.Base;
        foreach (var entry in batch.Entries.Where(entry => entry.SeqNo < version.Last))
            state = version.Target == SeqNo.None ? ApplyToPins(state, entry) : version.Target == TimerState.Target ? TimerState.Apply(state, entry) : ChangeFold.Apply(state, version.Target, entry);
        return version with { State = state, IsSettled = batch.IsOver };
    }

    private static ReactionVersion Settle(ReactionVersion version, Batch batch)
    {
        if (batch.Has(version.Last))
            return version with { IsSettled = true };
        var last = batch.Entries.FindLast(entry =>
            entry.Content is { Kind: MessageKind.Reaction, Change: { } change } && change.Target.SeqNo == version.Target && change.Emoji == version.Emoji && entry.Sender.User == version.User);
        return version with { Now = last is null ? version.Base : new OwnReaction(last.SeqNo, last.Content.Change!.On), IsSettled = batch.IsOver };
    }

    private static MessageState? ApplyToPins(MessageState? pins, LoggedMessage entry) => entry.Content switch
    {
        { Kind: MessageKind.Pin, Change: { } change } => PinnedMessages.Apply(pins, change.Target.SeqNo, change.On, entry.SeqNo) ?? pins,
        { Kind: MessageKind.Delete, Change: { } change } => PinnedMessages.Apply(pins, change.Target.SeqNo, isPinned: false, entry.SeqNo) ?? pins,
        _ => pins,
    };

    /// <param name="Entries">Those of the batch that count by now.</param>
    /// <param name="IsOver">Whether no other one will ever count: there is the fence of a later term.</param>
    private sealed record Batch(List<LoggedMessage> Entries, bool IsOver)
    {
        public bool Has(SeqNo seqNo) => Entries.Exists(entry => entry.SeqNo == seqNo);
    }
}

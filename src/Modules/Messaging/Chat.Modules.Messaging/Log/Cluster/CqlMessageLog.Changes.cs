using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// Changes of messages, and the messages in their present state.
internal sealed partial class CqlMessageLog
{
    private const int MaxFactsReads = 8;
    private const int ReactionsAtOnce = 200;

    public Task<Result<AppendedMessage>> AppendChangeAsync(MessageDraft change, CancellationToken ct) => AppendEntryAsync(change, ct);

    public async ValueTask<ChangeFacts?> ReadFactsAsync(MessageDraft change, CancellationToken ct)
    {
        for (var read = 0; read < MaxFactsReads; read++)
        {
            if (await ReadFactsOnceAsync(change, ct) is not { } facts)
                return null;
            // A reaction that is set is in its message's state: else another device of the user was between the two reads.
            if (facts.Own is not { On: true } || !facts.Target.IsShown || (facts.Target.State is { } state && (state.Deletion is not null || state.Reactions.Any(reaction => reaction.Emoji == change.Content.Change!.Emoji))))
                return facts;
        }
        throw new StoreUnavailableException("The reaction was changed during every read.");
    }

    private async Task<ChangeFacts?> ReadFactsOnceAsync(MessageDraft change, CancellationToken ct)
    {
        var (conversation, kind, (target, emoji)) = (change.Conversation, change.Content.Kind, (change.Content.Change!.Target.SeqNo, change.Content.Change.Emoji));
        var message = ReadAtAsync(conversation, [target], ct).AsTask();
        var own = kind == MessageKind.Reaction
            ? _changes.ReadReactionsAsync(conversation, [target], change.Sender.User, ct)
            : Task.FromResult<IReadOnlyList<ReactionVersion>>([]);
        var pins = kind == MessageKind.Pin ? ReadPinsAsync(conversation, ct).AsTask() : Task.FromResult<IReadOnlyList<SeqNo>>([]);
        await Task.WhenAll(message, own, pins);
        return (await message)[0] is { } found
            ? new ChangeFacts(found, (await own).FirstOrDefault(version => version.Emoji == emoji)?.Now, (await pins).Count, (await own).Count)
            : null;
    }

    public async ValueTask<IReadOnlyList<LoggedMessage?>> ReadAtAsync(ConversationId conversation, IReadOnlyList<SeqNo> seqNos, CancellationToken ct)
    {
        var entries = (await InPresentStateAsync(conversation, await _reader.ReadAtAsync(conversation, seqNos, ct), ct)).ToDictionary(entry => entry.SeqNo);
        return [.. seqNos.Select(seqNo => entries.GetValueOrDefault(seqNo))];
    }

    public async ValueTask<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>> ReadOwnReactionsAsync(
        ConversationId conversation, IReadOnlyList<SeqNo> messages, UserId user, CancellationToken ct) =>
        (await _changes.ReadReactionsAsync(conversation, messages, user, ct))
            .Where(version => version.Now is { On: true })
            .GroupBy(version => version.Target, version => version.Emoji)
            .ToDictionary(target => target.Key, IReadOnlyList<string> (target) => [.. target]);

    public async ValueTask<ReactionsRead> ReadReactionsAsync(
        ConversationId conversation, SeqNo message, string? emoji, ReactionPlace? after, int limit, CancellationToken ct)
    {
        var (found, last) = (new List<UserReaction>(), after);
        for (var lookedAt = 0; lookedAt < ReactionsRead.MaxLookedAt; lookedAt += ReactionsAtOnce)
        {
            var some = await _changes.ReadReactionsAsync(conversation, message, last, ReactionsAtOnce, ct);
            foreach (var version in some)
            {
                last = new ReactionPlace(version.User, version.Emoji);
                if (version.Now is { On: true } now && (emoji is null || version.Emoji == emoji))
                    found.Add(new UserReaction(version.User, version.Emoji, now.Entry));
                if (found.Count == limit)
                    return new ReactionsRead(found, last);
            }
            if (some.Count < ReactionsAtOnce)
                return new ReactionsRead(found, null);
        }
        return new ReactionsRead(found, last);
    }

    public async ValueTask<IReadOnlyList<SeqNo>> ReadPinsAsync(ConversationId conversation, CancellationToken ct)
    {
        var pinned = PinnedMessages.Of((await _changes.ReadStatesAsync(conversation, [SeqNo.None], ct)).GetValueOrDefault(SeqNo.None));
        // What was erased without having been deleted is still among them.
        var shown = (await _reader.ReadAtAsync(conversation, [.. pinned], ct)).Where(row => row.Message.Content.IsShown && !_expiry.IsOver(row.Message)).Select(row => row.SeqNo).ToHashSet();
        return [.. pinned.Where(shown.Contains).Reverse()];
    }

    private async ValueTask<LoggedMessage> InPresentStateAsync(LogRow row, CancellationToken ct) =>
        (await InPresentStateAsync(row.Message.Conversation, [row], ct))[0];

    private async ValueTask<List<LoggedMessage>> InPresentStateAsync(ConversationId conversation, List<LogRow> rows, CancellationToken ct)
    {
        // A row may have been read before it was marked as changed, and the change after that: it names its message. An edit and a reaction go with
        // their message, whether their rows are erased or not.
        var here = rows.Select(row => row.SeqNo).ToHashSet();
        var targets = rows.Where(row => row.IsChanged).Select(row => row.SeqNo)
            .Concat(rows.Select(row => row.Message.Content)
                .Where(content => content.Change is { } change && (GoesWithItsMessage(content) || here.Contains(change.Target.SeqNo)))
                .Select(content => content.Change!.Target.SeqNo))
            .Concat(rows.Select(row => row.Message.Content.Thread?.SeqNo).OfType<SeqNo>().Where(here.Contains))
            .ToHashSet();
        if (targets.Count == 0)
            return rows.ConvertAll(row => _expiry.Show(row.Message));
        var states = await _changes.ReadStatesAsync(conversation, targets, ct);
        return rows.ConvertAll(row => _expiry.Show(InPresentState(row.Message, states)));
    }

    private static LoggedMessage InPresentState(LoggedMessage entry, IReadOnlyDictionary<SeqNo, MessageState> states) =>
        states.TryGetValue(entry.SeqNo, out var state) ? entry.Content.IsShown || state.Deletion is not null ? entry.In(state) : entry
        : entry.Content is { Change: { } change } content && GoesWithItsMessage(content) && states.GetValueOrDefault(change.Target.SeqNo) is { Deletion: not null }
            ? entry with { Content = content.ToErased() }
        : entry;

    private static bool GoesWithItsMessage(MessageContent content) => content.Kind is MessageKind.Edit or MessageKind.Reaction;
}

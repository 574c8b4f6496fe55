using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Embedded;

// Changes of messages, and what they add up to.
internal sealed partial class RocksMessageLog
{
    public async Task<Result<AppendedMessage>> AppendChangeAsync(MessageDraft change, CancellationToken ct)
    {
        var append = new RocksAppend(change);
        return await AppendedAsync(append, _writer.EnqueueAsync(append, ct)) is { } appended ? appended : append.Refusal!;
    }

    public ValueTask<ChangeFacts?> ReadFactsAsync(MessageDraft change, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult(_states.ReadFacts(view, change));
    }

    public ValueTask<IReadOnlyList<LoggedMessage?>> ReadAtAsync(ConversationId conversation, IReadOnlyList<SeqNo> seqNos, CancellationToken ct)
    {
        var found = new LoggedMessage?[seqNos.Count];
        using var view = _store.View();
        for (var i = 0; i < found.Length; i++)
            found[i] = _states.ReadAt(view, conversation, seqNos[i]);
        return ValueTask.FromResult<IReadOnlyList<LoggedMessage?>>(found);
    }

    public ValueTask<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>> ReadOwnReactionsAsync(
        ConversationId conversation, IReadOnlyList<SeqNo> messages, UserId user, CancellationToken ct)
    {
        var found = new Dictionary<SeqNo, IReadOnlyList<string>>();
        using var view = _store.View();
        foreach (var message in messages)
        {
            if (_states.ReadOwn(view, conversation, message, user) is { Count: > 0 } own)
                found[message] = own;
        }
        return ValueTask.FromResult<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>>(found);
    }

    public ValueTask<ReactionsRead> ReadReactionsAsync(
        ConversationId conversation, SeqNo message, string? emoji, ReactionPlace? after, int limit, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult(_states.ReadReactions(view, conversation, message, emoji, after, limit));
    }

    public ValueTask<IReadOnlyList<SeqNo>> ReadPinsAsync(ConversationId conversation, CancellationToken ct)
    {
        using var view = _store.View();
        var pins = _states.ReadPins(view, conversation).ConvertAll(pin => pin.Message);
        // What is over and not swept yet is still among them.
        for (var i = pins.Count - 1; i >= 0; i--)
        {
            if (_states.ReadAt(view, conversation, pins[i]) is not { IsShown: true })
                pins.RemoveAt(i);
        }
        return ValueTask.FromResult<IReadOnlyList<SeqNo>>(pins);
    }
}

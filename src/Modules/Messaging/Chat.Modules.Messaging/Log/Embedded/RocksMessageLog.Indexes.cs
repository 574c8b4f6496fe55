using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Embedded;

// Mentions and threads.
internal sealed partial class RocksMessageLog
{
    public ValueTask<IReadOnlyList<SeqNo>> ReadMentionsAsync(ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct)
    {
        using var view = _store.View();
        var found = _states.ReadDown(view, StateKeys.Mention(conversation, user.Value, upTo), after, limit);
        found.AddRange(_states.ReadDown(view, StateKeys.Mention(conversation, Mentions.AllName, upTo), after, limit));
        return ValueTask.FromResult<IReadOnlyList<SeqNo>>([.. found.Select(place => place.SeqNo).Distinct().OrderDescending().Take(limit)]);
    }

    public ValueTask<IReadOnlyList<SeqNo>> ReadThreadAsync(ConversationId conversation, SeqNo root, SeqNo? after, SeqNo before, int limit, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult<IReadOnlyList<SeqNo>>(after is { } seqNo
            ? _states.ReadUp(view, StateKeys.Thread(conversation, root, seqNo.Next), limit)
            : [.. _states.ReadDown(view, StateKeys.Thread(conversation, root, new SeqNo(before.Value - 1)), SeqNo.None, limit).Select(place => place.SeqNo)]);
    }

    public ValueTask<IReadOnlyList<ThreadPlace>> ReadThreadsAsync(ConversationId conversation, SeqNo before, int limit, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult<IReadOnlyList<ThreadPlace>>(
            [.. _states.ReadDown(view, StateKeys.Threads(conversation, new SeqNo(before.Value - 1)), SeqNo.None, limit)
                .Select(place => new ThreadPlace(StateKeys.ReadEntry(place.Value), place.SeqNo))]);
    }
}

using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;

namespace Chat.Modules.Messaging.Log.Embedded;

// The family directs: the direct conversations of each user, and whether the user began them.
internal sealed partial class RocksMessageLog
{
    public ValueTask<IReadOnlyList<ConversationId>> GetDirectConversationsAsync(UserId user, CancellationToken ct) => ValueTask.FromResult(ReadDirects(user));

    /// <summary>The user's direct conversations, in no order.</summary>
    public IReadOnlyList<ConversationId> ReadDirects(UserId user)
    {
        var prefix = LogKeys.DirectsOf(user);
        var found = new List<ConversationId>();
        using var view = _store.View();
        using var directs = view.Walk(_directs);
        for (directs.Seek(prefix); directs.Valid() && directs.GetKeySpan().StartsWith(prefix); directs.Next())
            found.Add(ConversationId.Parse(Encoding.ASCII.GetString(directs.GetKeySpan()[prefix.Length..])));
        directs.ThrowIfDamaged();
        return found;
    }

    public ValueTask<IReadOnlyCollection<UserId>> FindDirectsWithAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct)
    {
        var found = new List<UserId>();
        using var view = _store.View();
        using var directs = view.Walk(_directs);
        foreach (var other in others)
        {
            var key = LogKeys.Direct(user, ConversationId.Direct(user, other));
            directs.Seek(key);
            if (directs.Valid() && directs.GetKeySpan().SequenceEqual(key))
                found.Add(other);
        }
        directs.ThrowIfDamaged();
        return ValueTask.FromResult<IReadOnlyCollection<UserId>>(found);
    }

    public ValueTask<int> CountDirectsBegunAsync(UserId user, int limit, CancellationToken ct) =>
        ValueTask.FromResult(CountDirects(user, isOwn: true, limit));

    public ValueTask<int> CountDirectsByOthersAsync(UserId user, int limit, CancellationToken ct) =>
        ValueTask.FromResult(CountDirects(user, isOwn: false, limit));

    private int CountDirects(UserId user, bool isOwn, int limit)
    {
        var prefix = LogKeys.DirectsOf(user);
        var count = 0;
        using var view = _store.View();
        using var directs = view.Walk(_directs);
        for (directs.Seek(prefix); count < limit && directs.Valid() && directs.GetKeySpan().StartsWith(prefix); directs.Next())
            count += directs.GetValueSpan().Length > 0 == isOwn ? 1 : 0;
        directs.ThrowIfDamaged();
        return count;
    }
}

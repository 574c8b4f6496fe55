using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// Heads, newest messages and counts: however many changes lie between, they are jumped over.
internal sealed partial class CqlMessageLog
{
    // Conversations whose newest entry is a changed message, for one caller.
    private const int StatesAtOnce = 16;

    public async ValueTask<IReadOnlyList<Head?>> GetHeadsAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct) =>
        [.. Observed(await _reader.ReadNewestAsync(conversations, withContent: false, ct))
            .Select(newest => newest is { Message: var entry } ? new Head(entry.SeqNo, Activity.Of(entry.Id)) : default(Head?))];

    public async ValueTask<IReadOnlyList<LoggedMessage?>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct)
    {
        var newest = Observed(await _reader.ReadNewestAsync(conversations, withContent: true, ct));
        var entries = new List<LoggedMessage?>(newest.Count);
        foreach (var wave in newest.Chunk(StatesAtOnce))
            entries.AddRange(await Task.WhenAll(wave.Select(async row => row is { } entry ? await InPresentStateAsync(entry, ct) : null)));
        return entries;
    }

    public ValueTask<OthersCount> CountOthersAsync(
        ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct) =>
        CountAsync(conversation, after, upTo, limit, message => message.Sender.User != user && message.Content.Kind != MessageKind.Erased && !_expiry.IsOver(message), ct);

    public async ValueTask<bool> HasWrittenAsync(UserId user, ConversationId conversation, CancellationToken ct)
    {
        for (var after = SeqNo.None; after.Value < IMessageLog.MaxScanned;)
        {
            var entries = (await _reader.ReadSendersUpAsync(conversation, after, FinalReader.MaxPage, ct)).Messages.ToList();
            if (entries.Exists(entry => entry.Content.IsMessagePlace && entry.Sender.User == user))
                return true;
            if (entries.Count < FinalReader.MaxPage)
                return false;
            after = entries[^1].SeqNo;
        }
        return false;
    }

    // Downwards, as only that way changes can be jumped over.
    private async ValueTask<OthersCount> CountAsync(
        ConversationId conversation, SeqNo after, SeqNo upTo, int limit, Func<LoggedMessage, bool> counts, CancellationToken ct)
    {
        // Usually few are unread: the page becomes large only if the user's own messages fill the small one.
        var (count, scanned, page, before) = (0, 0, limit + 1, upTo.Next);
        while (scanned < IMessageLog.MaxScanned && before > after.Next)
        {
            var rows = (await _reader.ReadSendersDownAsync(conversation, before, page, ct)).Rows;
            var isAll = rows.Count < page;
            var counted = rows.FindAll(row => row.SeqNo > after && row.Message.Content.IsMessagePlace && counts(row.Message));
            count += counted.Count - await CountDeletedAsync(conversation, counted, ct);
            if (count > limit)
                return new OthersCount(limit, IsAll: false);
            if (isAll)
                return new OthersCount(count, IsAll: true);
            scanned += rows.Count;
            before = rows[^1].SeqNo;
            if (rows[^1].Message.Content.PreviousMessage is { } previous)
                before = previous.Next;
            else
                page = FinalReader.MaxPage;
        }
        return new OthersCount(count, IsAll: before <= after.Next);
    }

    private async Task<int> CountDeletedAsync(ConversationId conversation, List<LogRow> rows, CancellationToken ct)
    {
        var changed = rows.FindAll(row => row.IsChanged).ConvertAll(row => row.SeqNo);
        return changed.Count == 0 ? 0 : (await _changes.ReadStatesAsync(conversation, changed, ct)).Values.Count(state => state.Deletion is not null);
    }

    private IReadOnlyList<LogRow?> Observed(IReadOnlyList<LogRow?> newest)
    {
        foreach (var row in newest)
        {
            if (row is { Message: var message })
                _activity.Observe(Activity.Of(message.Id));
        }
        return newest;
    }
}

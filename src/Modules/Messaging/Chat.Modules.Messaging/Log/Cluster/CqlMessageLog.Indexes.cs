using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// Mentions and threads.
internal sealed partial class CqlMessageLog
{
    public async ValueTask<IReadOnlyList<SeqNo>> ReadMentionsAsync(
        ConversationId conversation, UserId user, SeqNo after, SeqNo upTo, int limit, CancellationToken ct)
    {
        var found = new List<SeqNo>();
        for (var bucket = Buckets.Of(upTo); upTo > after && bucket >= Buckets.Of(after.Next) && found.Count < limit; bucket--)
            found.AddRange(await _tables.ReadMentionsAsync(conversation, bucket, user.Value, Mentions.AllName, after, upTo, 2 * limit, ct));
        return found.Count > limit ? found[..limit] : found;
    }

    public async ValueTask<IReadOnlyList<SeqNo>> ReadThreadAsync(ConversationId conversation, SeqNo root, SeqNo? after, SeqNo before, int limit, CancellationToken ct) =>
        await _tables.ReadThreadAsync(conversation, root, after, before, limit, ct);

    public async ValueTask<IReadOnlyList<ThreadPlace>> ReadThreadsAsync(ConversationId conversation, SeqNo before, int limit, CancellationToken ct)
    {
        // A thread stands in each span in which something was written to it: it is named once, with the newest.
        var (found, inSpan, roots) = (new List<ThreadPlace>(), new List<ThreadPlace>(), new HashSet<SeqNo>());
        await foreach (var place in _tables.ReadThreadsAsync(conversation, ThreadSpans.Of(new SeqNo(before.Value - 1)), ct))
        {
            if (inSpan.Count > 0 && ThreadSpans.Of(inSpan[0].Last) != ThreadSpans.Of(place.Last))
            {
                EndSpan();
                if (found.Count >= limit)
                    break;
            }
            if (place.Last < before && roots.Add(place.Root))
                inSpan.Add(place);
        }
        EndSpan();
        return found.Count > limit ? found[..limit] : found;

        void EndSpan()
        {
            found.AddRange(inSpan.OrderByDescending(place => place.Last));
            inSpan.Clear();
        }
    }
}

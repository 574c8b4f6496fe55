using System.Runtime.CompilerServices;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

// Mentions and threads.
internal sealed partial class VirtualTables
{
    public Task WriteMentionsAsync(ConversationId conversation, IReadOnlyList<(SeqNo Message, string Name)> mentions, CancellationToken ct) => WriteAsync(
        $"mentions {conversation} {Assert.Single(mentions.Select(mention => Buckets.Of(mention.Message)).Distinct())}",
        [.. mentions.Select(mention => (MentionKey(mention), new Cell(1, mention)))]);

    public Task RemoveMentionsAsync(ConversationId conversation, IReadOnlyList<(SeqNo Message, string Name)> mentions, CancellationToken ct) => WriteAsync(
        $"mentions {conversation} {Assert.Single(mentions.Select(mention => Buckets.Of(mention.Message)).Distinct())}",
        [.. mentions.Select(mention => (MentionKey(mention), new Cell(long.MaxValue, Deleted)))]);

    public async Task<IReadOnlyList<SeqNo>> ReadMentionsAsync(
        ConversationId conversation, long bucket, string one, string other, SeqNo after, SeqNo upTo, int limit, CancellationToken ct)
    {
        var cells = await ReadAsync($"mentions {conversation} {bucket}");
        return [.. cells.Values.Select(cell => cell.Value).OfType<(SeqNo Message, string Name)>()
            .Where(mention => (mention.Name == one || mention.Name == other) && mention.Message > after && mention.Message <= upTo)
            .Select(mention => mention.Message).Distinct().OrderDescending().Take(limit)];
    }

    public Task WriteThreadAsync(ConversationId conversation, SeqNo root, IReadOnlyList<SeqNo> messages, CancellationToken ct) => Task.WhenAll(
        WriteAsync($"thread {conversation} {root}", [.. messages.Select(message => ($"{message.Value:D16}", new Cell(1, message)))]),
        WriteAsync(
            $"threads {conversation}",
            [.. messages.GroupBy(ThreadSpans.Of).Select(span => ($"{span.Key:D16} {root.Value:D16}", new Cell(span.Last().Value, new ThreadPlace(root, span.Last()))))]));

    public async Task<IReadOnlyList<SeqNo>> ReadThreadAsync(ConversationId conversation, SeqNo root, SeqNo? after, SeqNo before, int limit, CancellationToken ct)
    {
        var messages = (await ReadAsync($"thread {conversation} {root}")).Values.Select(cell => (SeqNo)cell.Value);
        return after is { } seqNo
            ? [.. messages.Where(message => message > seqNo).Order().Take(limit)]
            : [.. messages.Where(message => message < before).OrderDescending().Take(limit)];
    }

    public async IAsyncEnumerable<ThreadPlace> ReadThreadsAsync(ConversationId conversation, long span, [EnumeratorCancellation] CancellationToken ct)
    {
        var places = (await ReadAsync($"threads {conversation}")).Values.Select(cell => (ThreadPlace)cell.Value);
        foreach (var place in places.Where(place => ThreadSpans.Of(place.Last) <= span).OrderByDescending(place => ThreadSpans.Of(place.Last)).ThenBy(place => place.Root))
            yield return place;
    }

    private static string MentionKey((SeqNo Message, string Name) mention) => $"{mention.Name} {mention.Message.Value:D16}";
}

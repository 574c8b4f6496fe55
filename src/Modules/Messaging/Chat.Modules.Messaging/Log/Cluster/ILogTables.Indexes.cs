using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

// Mentions and threads.
internal partial interface ILogTables
{
    /// <summary>Writes whom messages of one bucket mention: names as in <see cref="Contracts.Mentions.Names"/>.</summary>
    Task WriteMentionsAsync(ConversationId conversation, IReadOnlyList<(SeqNo Message, string Name)> mentions, CancellationToken ct);

    /// <summary>Deletes mentions of one bucket.</summary>
    Task RemoveMentionsAsync(ConversationId conversation, IReadOnlyList<(SeqNo Message, string Name)> mentions, CancellationToken ct);

    /// <summary>The messages of a bucket above a seqNo, up to another, that mention one of two names; the newest first, at most <paramref name="limit"/>: beyond that those of one name are left out.</summary>
    Task<IReadOnlyList<SeqNo>> ReadMentionsAsync(ConversationId conversation, long bucket, string one, string other, SeqNo after, SeqNo upTo, int limit, CancellationToken ct);

    /// <summary>Writes the places of messages in one thread, ascending, and when something was written to it.</summary>
    Task WriteThreadAsync(ConversationId conversation, SeqNo root, IReadOnlyList<SeqNo> messages, CancellationToken ct);

    /// <summary>Messages of a thread: those above <paramref name="after"/> ascending, or those below <paramref name="before"/> descending.</summary>
    Task<IReadOnlyList<SeqNo>> ReadThreadAsync(ConversationId conversation, SeqNo root, SeqNo? after, SeqNo before, int limit, CancellationToken ct);

    /// <summary>The threads in each span down from one (<see cref="ThreadSpans"/>), with the highest seqNo that was written to each there; within a span in any order.</summary>
    IAsyncEnumerable<ThreadPlace> ReadThreadsAsync(ConversationId conversation, long span, CancellationToken ct);
}

/// <summary>The spans of seqNos in which threads are listed once.</summary>
internal static class ThreadSpans
{
    /// <summary>So many threads are sorted at most. Must never change: rows are found by it.</summary>
    public const int Size = 1_024;

    /// <summary>From 0.</summary>
    public static long Of(SeqNo seqNo) => Math.Max(0, seqNo.Value - 1) / Size;
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Feed;

/// <summary>The database operations of the feed on a cluster: writes and reads at a quorum.</summary>
/// <remarks>Each may throw <see cref="StoreUnavailableException"/>: the write may have happened, or may still happen at any later time.</remarks>
internal interface IFeedTables
{
    /// <summary>Spans of one read at most.</summary>
    const int MaxSpansRead = 100;

    /// <summary>A conversation is about to have a message within this span.</summary>
    Task WriteTouchedAsync(Guid stream, long span, ConversationId conversation);

    /// <summary>The conversations of up to <see cref="MaxSpansRead"/> spans, in any order.</summary>
    Task<IReadOnlyList<(long Span, ConversationId Conversation)>> ReadTouchedAsync(Guid stream, IReadOnlyList<long> spans, CancellationToken ct);

    Task SaveStreamAsync(FeedStream stream, CancellationToken ct);

    /// <summary>The streams of the last week.</summary>
    Task<IReadOnlyList<FeedStream>> ReadStreamsAsync(CancellationToken ct);

    Task SaveFollowerAsync(string follower, Guid stream, long position, CancellationToken ct);

    Task<IReadOnlyDictionary<Guid, long>> ReadFollowerAsync(string follower, CancellationToken ct);
}

/// <summary>A stream: the spans that one run of a server may have touched.</summary>
/// <param name="Id">Random.</param>
/// <param name="First">Touched spans are above this one.</param>
/// <param name="Until">The last span that may be touched.</param>
/// <param name="Renewed">When the server renewed it last, by its own clock.</param>
internal sealed record FeedStream(Guid Id, long First, long Until, DateTimeOffset Renewed);

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Feed;

/// <summary>What the feed of a cluster asks of its database: writes and reads at a quorum.</summary>
/// <remarks>Each may throw <see cref="StoreUnavailableException"/>: a write may then have happened, or happen at any later time.</remarks>
internal interface IFeedTables
{
    /// <summary>Spans that one read asks for at most.</summary>
    const int MaxSpansRead = 100;

    /// <summary>A conversation is about to have a message within this span.</summary>
    Task WriteTouchedAsync(Guid stream, long span, ConversationId conversation);

    /// <summary>The conversations of up to <see cref="MaxSpansRead"/> spans, in any order.</summary>
    Task<IReadOnlyList<(long Span, ConversationId Conversation)>> ReadTouchedAsync(Guid stream, IReadOnlyList<long> spans, CancellationToken ct);

    Task SaveStreamAsync(FeedStream stream, CancellationToken ct);

    /// <summary>Those of the last week.</summary>
    Task<IReadOnlyList<FeedStream>> ReadStreamsAsync(CancellationToken ct);

    Task SaveFollowerAsync(string follower, Guid stream, long position, CancellationToken ct);

    Task<IReadOnlyDictionary<Guid, long>> ReadFollowerAsync(string follower, CancellationToken ct);
}

/// <summary>What one run of a server has touched.</summary>
/// <param name="Id">Made at random.</param>
/// <param name="First">Nothing was touched up to this span.</param>
/// <param name="Until">Nor above this one.</param>
/// <param name="Renewed">When the server said so last, by its clock.</param>
internal sealed record FeedStream(Guid Id, long First, long Until, DateTimeOffset Renewed);

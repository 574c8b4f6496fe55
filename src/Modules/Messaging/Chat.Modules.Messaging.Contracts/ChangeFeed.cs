using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// Which conversations had messages appended, in streams: one for each run of a server, or one for all runs. What must happen after an append, though the
/// server dies in between, follows it. It is durable with the messages themselves.
/// </summary>
/// <remarks>
/// A follower does its work when <see cref="MessageAppended"/> is raised, saves how far it has got, and works off what servers that are gone have left. It
/// does some of that twice. Only names of what was appended are in the feed; the messages are read from the log. Passes ChangeFeedContract.
/// </remarks>
public interface IChangeFeed
{
    /// <summary>
    /// In the stream of this server: up to here <see cref="MessageAppended"/> was raised for each message that was acked, and its subscribers have
    /// returned. All that begins to be appended from now on stands above it.
    /// </summary>
    FeedPosition RaisedUpTo { get; }

    /// <summary>
    /// What was appended by servers that are gone, this one's earlier runs among them, and not saved as done by the follower. A follower that is new
    /// begins now, or with what is kept. To be called at the start, and now and then: a server counts as gone some time after its end.
    /// </summary>
    /// <param name="follower">1 to 32 lower-case letters and hyphens.</param>
    ValueTask<IReadOnlyList<FeedRange>> FindUnfinishedAsync(string follower, CancellationToken ct);

    /// <summary>What was appended since a time, by all servers, those that are there as well; or what is kept. Some from before it may be among it.</summary>
    ValueTask<IReadOnlyList<FeedRange>> FindSinceAsync(DateTimeOffset since, CancellationToken ct);

    /// <summary>What was appended within a range, ascending; empty at its end. The next call's range begins after the last entry's position.</summary>
    /// <param name="range">A part of what <see cref="FindUnfinishedAsync"/> or <see cref="FindSinceAsync"/> found, or of this server's own stream.</param>
    /// <param name="limit">About as many entries; those of one position are never parted.</param>
    ValueTask<IReadOnlyList<FeedEntry>> ReadAsync(FeedRange range, int limit, CancellationToken ct);

    /// <summary>Notes how far a follower has got in a stream. A power cut may take it back, to what was noted earlier: what followed is then done again.</summary>
    ValueTask SaveFollowerAsync(string follower, FeedPosition position, CancellationToken ct);
}

/// <summary>A position in a stream of the feed, or in a user's inbox.</summary>
/// <param name="Epoch">Names the stream, or the inbox as it was made. Positions of different epochs have nothing to do with one another.</param>
/// <param name="Value">Rises with what is appended; not dense.</param>
public readonly record struct FeedPosition(string Epoch, long Value);

/// <summary>A part of a stream.</summary>
/// <param name="After">What stands above this.</param>
/// <param name="UpTo">And not above this.</param>
public readonly record struct FeedRange(FeedPosition After, long UpTo);

/// <summary>A conversation had messages appended.</summary>
/// <param name="Position">Where in the stream.</param>
/// <param name="Conversation">Which.</param>
/// <param name="SeqNo">The message's place there, or that of a later one.</param>
public readonly record struct FeedEntry(long Position, ConversationId Conversation, SeqNo SeqNo);

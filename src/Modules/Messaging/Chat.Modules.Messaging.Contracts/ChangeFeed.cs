using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>
/// The messages of all conversations in the order in which they were appended: what must happen after an append, though the server dies in
/// between, follows it. Positions are durable with the messages themselves.
/// </summary>
/// <remarks>Only names of what was appended are in it; the messages are read from the log. It is kept as long as the log is.</remarks>
public interface IChangeFeed
{
    /// <summary>The newest message's position: all messages that can be read now stand at or below it, and all to come above it.</summary>
    FeedPosition Current { get; }

    /// <summary>
    /// Up to here <see cref="MessageAppended"/> was raised for each message that was acked, and its subscribers have returned; at or below
    /// <see cref="Current"/>.
    /// </summary>
    FeedPosition Raised { get; }

    /// <summary>What was appended after a position, ascending, at most <paramref name="limit"/>; empty for a position of another epoch.</summary>
    ValueTask<IReadOnlyList<FeedEntry>> ReadAfterAsync(FeedPosition after, int limit, CancellationToken ct);

    /// <summary>How far a follower has got; null for a new one, and where the log was put back to an older copy that did not know it.</summary>
    /// <param name="follower">1 to 32 lower-case letters and hyphens.</param>
    ValueTask<FeedPosition?> ReadFollowerAsync(string follower, CancellationToken ct);

    /// <summary>Notes how far a follower has got. A power cut may take it back, to what was noted earlier: what followed is then done again.</summary>
    ValueTask SaveFollowerAsync(string follower, FeedPosition position, CancellationToken ct);
}

/// <summary>A position in the feed. Of another epoch it says nothing: the log was put back to an older copy since.</summary>
/// <param name="Epoch">As <see cref="GetEpoch"/> answers.</param>
/// <param name="Value">Rises with each append; not dense.</param>
public readonly record struct FeedPosition(string Epoch, long Value);

/// <summary>A message was appended.</summary>
/// <param name="Position">Its position in the feed, in the feed's present epoch.</param>
/// <param name="SeqNo">Its place there.</param>
public readonly record struct FeedEntry(long Position, ConversationId Conversation, SeqNo SeqNo);

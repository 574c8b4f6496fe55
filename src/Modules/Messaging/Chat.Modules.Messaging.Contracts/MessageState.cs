using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>What the changes of a message add up to. A message without changes has none.</summary>
public sealed record MessageState
{
    /// <summary>The newest change that is in it.</summary>
    public SeqNo ChangedSeqNo { get; init; }

    /// <summary>The newest edit; null for none, and after a deletion.</summary>
    public MessageEdit? Edit { get; init; }

    /// <summary>The seqNos of all edits, ascending. Kept after a deletion, so that their contents can be erased again.</summary>
    public IReadOnlyList<SeqNo> Edits { get; init; } = [];

    /// <summary>Null while it is not deleted. A deleted message has <see cref="MessageContent.Erased"/> and neither edit, reactions nor pin.</summary>
    public MessageDeletion? Deletion { get; init; }

    /// <summary>Those that are set, in the order in which each emoji was first set.</summary>
    public IReadOnlyList<MessageReaction> Reactions { get; init; } = [];

    /// <summary>The newest pin or its removal; null for none, and after a deletion.</summary>
    public MessagePin? Pin { get; init; }

    /// <summary>The thread that the message began; null while nothing stands in it. It stays when the message is deleted.</summary>
    public MessageThread? Thread { get; init; }

    /// <summary>Encoded fields of a newer server that this one does not know: kept, and written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>Whether it is pinned.</summary>
    public bool IsPinned => Pin is { On: true };

    /// <summary>The most bytes as JSON, without the text.</summary>
    public int MaxJsonBytes()
    {
        // Names of fields and numbers; of the state, of each reaction, and of the thread.
        const int ofState = 256, ofReaction = 64, ofThread = 96;
        var bytes = ofState + (Edit?.Mentions?.MaxJsonBytes() ?? 0);
        if (Thread is { } thread)
            bytes += ofThread + thread.Users.Sum(user => user.Value.Length + 3);
        foreach (var reaction in Reactions)
        {
            bytes += ofReaction + JsonText.MaxBytes(reaction.Emoji);
            foreach (var user in reaction.Users)
                bytes += user.Value.Length + 3;
        }
        return bytes;
    }

    /// <summary>Compares the lists by their elements.</summary>
    public bool Equals(MessageState? other) => other is not null
        && (ChangedSeqNo, Edit, Deletion, Pin, Thread) == (other.ChangedSeqNo, other.Edit, other.Deletion, other.Pin, other.Thread)
        && Edits.SequenceEqual(other.Edits) && Reactions.SequenceEqual(other.Reactions) && Unknown.Span.SequenceEqual(other.Unknown.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ChangedSeqNo, Deletion);
}

/// <summary>The newest edit of a message.</summary>
/// <param name="Text">The present text.</param>
/// <param name="At">By the server's clock, in whole milliseconds.</param>
/// <param name="Concurrent">Whether its editor had not seen the edit before it.</param>
/// <param name="Mentions">Whom it mentions since an edit said so; null where none has: those of the message itself.</param>
public sealed record MessageEdit(Utf8Text Text, DateTimeOffset At, bool Concurrent, Mentions? Mentions = null);

/// <summary>The deletion of a message.</summary>
/// <param name="By">Who deleted it.</param>
/// <param name="At">By the server's clock, in whole milliseconds.</param>
/// <param name="Entry">The entry that deleted it.</param>
public sealed record MessageDeletion(UserId By, DateTimeOffset At, SeqNo Entry);

/// <summary>An emoji on a message.</summary>
/// <param name="Emoji">Fully qualified.</param>
/// <param name="Count">How many users have set it; 1 or more.</param>
/// <param name="Users">Up to <see cref="MaxUsers"/> of them, in the order in which they set it. A place that becomes free is taken by the next who sets it.</param>
public sealed record MessageReaction(string Emoji, int Count, IReadOnlyList<UserId> Users)
{
    /// <summary>The most users that are named.</summary>
    public const int MaxUsers = 3;

    /// <inheritdoc cref="MessageState.Unknown"/>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>Compares the users by name.</summary>
    public bool Equals(MessageReaction? other) =>
        other is not null && (Emoji, Count) == (other.Emoji, other.Count) && Users.SequenceEqual(other.Users) && Unknown.Span.SequenceEqual(other.Unknown.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Emoji, Count);
}

/// <summary>A pin, or its removal.</summary>
/// <param name="Entry">The entry that did it.</param>
/// <param name="By">Who did it.</param>
/// <param name="On">Whether it is pinned.</param>
public sealed record MessagePin(SeqNo Entry, UserId By, bool On);

/// <summary>What stands in the thread that a message began.</summary>
/// <param name="Count">The messages that are not deleted; 0 or more.</param>
/// <param name="LastSeqNo">The newest message in it, also a deleted one.</param>
/// <param name="Users">The first <see cref="MaxUsers"/> who have written in it, in that order. One whose messages are all deleted stays.</param>
public sealed record MessageThread(int Count, SeqNo LastSeqNo, IReadOnlyList<UserId> Users)
{
    /// <summary>The most users that are named.</summary>
    public const int MaxUsers = 3;

    /// <inheritdoc cref="MessageState.Unknown"/>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>Compares the users by name.</summary>
    public bool Equals(MessageThread? other) =>
        other is not null && (Count, LastSeqNo) == (other.Count, other.LastSeqNo) && Users.SequenceEqual(other.Users) && Unknown.Span.SequenceEqual(other.Unknown.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, LastSeqNo);
}

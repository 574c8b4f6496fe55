using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>What a message says, and what later entries of the log have made of it. In the store these properties stand beside the content's, too.</summary>
public record MessageState : MessageContent
{
    /// <summary>An empty one, for an initializer.</summary>
    public MessageState()
    {
    }

    /// <summary>One that says this, and was not changed.</summary>
    public MessageState(MessageContent content) : base(content)
    {
    }

    /// <summary>When the text was written that it has now; null if it is the first one.</summary>
    [JsonConverter(typeof(UnixMilliseconds))]
    public DateTimeOffset? EditedAt { get; init; }

    /// <summary>The last edit was made without having seen the one before it: there is more than one text to read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Concurrent { get; init; }

    /// <summary>Only its place is left: the text is empty, and there is nothing else. Null if it was not deleted.</summary>
    public Deletion? Deleted { get; init; }

    /// <summary>In the order in which each emoji was first set.</summary>
    [JsonIgnore]
    public IReadOnlyList<Reaction> Reactions
    {
        get => ReactionList ?? (IReadOnlyList<Reaction>)[];
        init => ReactionList = value.Count == 0 ? null : new ValueList<Reaction>(value);
    }

    // Never changed after it was read.
    [JsonInclude, JsonPropertyName("reactions")]
    internal ValueList<Reaction>? ReactionList { get; set; }

    /// <summary>Whether it is pinned.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pinned { get; init; }

    /// <summary>What stands in the thread that it began; null if there is none.</summary>
    public MessageThread? Thread { get; init; }

    /// <summary>Up to which seqNo its sender had seen the conversation; null if the sender did not say.</summary>
    public long? Seen { get; init; }

    /// <summary>The seqNo of the last entry that is in this state: of a change, of a message in its thread, or the deletion of one; 0 if there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ChangedSeqNo { get; init; }
}

/// <summary>That a message was deleted for everyone.</summary>
/// <param name="By">The user who deleted it.</param>
/// <param name="At">The server's time.</param>
public sealed record Deletion(string By, [property: JsonConverter(typeof(UnixMilliseconds))] DateTimeOffset At);

/// <summary>What stands in the thread that a message began.</summary>
/// <param name="Count">Its messages that are not deleted.</param>
/// <param name="LastSeqNo">The newest, also a deleted one.</param>
/// <param name="UserIds">The first 3 who have written in it.</param>
public sealed record MessageThread(int Count, long LastSeqNo, IReadOnlyList<string> UserIds)
{
    /// <summary>Compares the users, too.</summary>
    public bool Equals(MessageThread? other) =>
        other is not null && (Count, LastSeqNo) == (other.Count, other.LastSeqNo) && UserIds.SequenceEqual(other.UserIds);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, LastSeqNo);
}

/// <summary>An emoji that users have set on a message.</summary>
/// <param name="Emoji">One emoji.</param>
/// <param name="Count">How many users have set it.</param>
/// <param name="UserIds">Up to 3 of them; fewer may be known.</param>
/// <param name="Mine">Whether this user has.</param>
public sealed record Reaction(
    string Emoji, int Count, IReadOnlyList<string> UserIds, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Mine = false)
{
    /// <summary>Compares the users, too.</summary>
    public bool Equals(Reaction? other) =>
        other is not null && (Emoji, Count, Mine) == (other.Emoji, other.Count, other.Mine) && UserIds.SequenceEqual(other.UserIds);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Emoji, Count, Mine);
}

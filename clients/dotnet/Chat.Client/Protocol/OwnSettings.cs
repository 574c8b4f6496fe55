using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>What the user has set for a conversation, for all of its devices. In a change: what is null stays.</summary>
public sealed record OwnSettings
{
    /// <summary>Until when the user is not notified of its messages. In a change: a time that has passed ends it.</summary>
    [JsonConverter(typeof(UnixMilliseconds))]
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Out of the list, until its next message, or as long as it is muted.</summary>
    public bool? Archived { get; init; }

    /// <summary>To be shown before the others.</summary>
    public bool? Pinned { get; init; }

    /// <summary>Until the user reads on.</summary>
    public bool? MarkedUnread { get; init; }

    /// <summary>What stands up to this seqNo is not shown any more; it never moves back.</summary>
    public long? ClearedUpTo { get; init; }

    /// <summary>What is written and not sent. In a change: an empty one ends it.</summary>
    public string? Draft { get; init; }
}

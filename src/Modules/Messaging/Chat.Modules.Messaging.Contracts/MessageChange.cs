using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>What an entry does to an earlier message. An entry that changes nothing is never in the log.</summary>
/// <param name="Target">The message.</param>
public sealed record MessageChange(MessageTarget Target)
{
    /// <summary>The most bytes of an emoji, in UTF-8.</summary>
    public const int MaxEmojiBytes = 40;

    /// <summary>The most bytes as JSON: names of fields, numbers, a UUID and an emoji.</summary>
    internal const int MaxJsonBytes = 512;

    /// <summary>Of a reaction: one emoji of Unicode's RGI set, fully qualified. Null for other kinds.</summary>
    public string? Emoji { get; init; }

    /// <summary>Whether a reaction or pin is set, or taken back.</summary>
    public bool On { get; init; }

    /// <summary>Of an edit: the newest change of the message that the editor had seen; 0 for none, null if it did not say.</summary>
    public SeqNo? BasedOn { get; init; }

    /// <summary>Of an edit: whether <see cref="BasedOn"/> is below the edit before it. Set by the log.</summary>
    public bool Concurrent { get; init; }
}

/// <summary>The message that a change is about.</summary>
public sealed record MessageTarget(MessageId Id, SeqNo SeqNo);

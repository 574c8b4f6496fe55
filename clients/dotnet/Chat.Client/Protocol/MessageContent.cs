using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>
/// What a message says: the same record for what is sent, what waits in the outbox, what is stored and what is shown. On the wire and in the store
/// its properties stand beside those of the message itself, so that one that a later version adds is added here and nowhere else.
/// </summary>
public record MessageContent
{
    /// <summary>An empty content.</summary>
    public MessageContent()
    {
    }

    /// <summary>A text.</summary>
    public MessageContent(string text, string? replyTo = null) => (Text, ReplyTo) = (text, replyTo);

    /// <summary>1 byte to 16 KiB of UTF-8; it may be empty where there are files, and is empty for a message that only a newer version can show.</summary>
    [AllowNull]
    public string Text { get; init => field = value ?? ""; } = "";

    /// <summary>The <see cref="Message.MessageId"/> of the message that this one answers, of the same conversation.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>
    /// User ids of members, 50 at most, each once, or <see cref="Everybody"/> alone. That a name stands in the text means nothing to the server.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Mentions
    {
        get => MentionList ?? (IReadOnlyList<string>)[];
        init => MentionList = value.Count == 0 ? null : new ValueList<string>(value);
    }

    // Never changed after it was read.
    [JsonInclude, JsonPropertyName("mentions")]
    internal ValueList<string>? MentionList { get; set; }

    /// <summary>The <see cref="Message.MessageId"/> of the message in whose thread this one stands; that one is in no thread itself.</summary>
    public string? ThreadId { get; init; }

    /// <summary>The seqNo of that message: whoever puts a message into a thread gives both.</summary>
    public long? ThreadSeqNo { get; init; }

    /// <summary>Taken over from another message.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Forwarded { get; init; }

    /// <summary>The files, in the order in which they are shown; at most 10 can be sent, each once.</summary>
    [JsonIgnore]
    public IReadOnlyList<MessageMedia> Media
    {
        get => MediaList ?? (IReadOnlyList<MessageMedia>)[];
        init => MediaList = value.Count == 0 ? null : new ValueList<MessageMedia>(value);
    }

    // Never changed after it was read.
    [JsonInclude, JsonPropertyName("media")]
    internal ValueList<MessageMedia>? MediaList { get; set; }

    /// <summary>
    /// What a newer server says and this version has no property for, by its name in the protocol. It is stored, and is there again for the version
    /// that knows it.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, JsonElement> Unknown => UnknownProperties ?? UnknownProperties.None;

    // Never changed after it was read.
    [JsonInclude, JsonExtensionData]
    internal UnknownProperties? UnknownProperties { get; set; }

    /// <summary>The largest text, bytes of UTF-8.</summary>
    public const int MaxTextBytes = 16 * 1024;

    /// <summary>Most files of one message.</summary>
    public const int MaxMedia = 10;

    /// <summary>Most users that a message mentions.</summary>
    public const int MaxMentions = 50;

    /// <summary>Everybody, in <see cref="Mentions"/>.</summary>
    public const string Everybody = "@all";

    /// <summary>Whether it mentions a user, by itself or with everybody.</summary>
    public bool MentionsUser(string userId) => Mentions.Any(one => one == userId || one == Everybody);

    /// <summary>What a message or an outbox entry says, and nothing else of it.</summary>
    public static MessageContent ContentOf(MessageContent said) => new(said);

    /// <summary>What a message says where it is sent on: without what has a meaning in its own conversation alone.</summary>
    public static MessageContent ForwardedOf(MessageContent said) =>
        new(said) { ReplyTo = null, Mentions = [], ThreadId = null, ThreadSeqNo = null, Forwarded = true };
}

/// <summary>Properties of a message that this version does not know. Equal where they say the same.</summary>
internal sealed class UnknownProperties : Dictionary<string, JsonElement>, IEquatable<UnknownProperties>
{
    public static readonly UnknownProperties None = [];

    public bool Equals(UnknownProperties? other) => other is not null && Count == other.Count
        && this.All(property => other.TryGetValue(property.Key, out var value) && JsonElement.DeepEquals(property.Value, value));

    public override bool Equals(object? obj) => Equals(obj as UnknownProperties);

    public override int GetHashCode() => Count;
}

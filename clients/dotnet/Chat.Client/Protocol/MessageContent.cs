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

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Client;

/// <summary>What is done to a message.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Edit), "edit")]
[JsonDerivedType(typeof(Delete), "delete")]
[JsonDerivedType(typeof(React), "react")]
[JsonDerivedType(typeof(Pin), "pin")]
public abstract record ChangeContent
{
    private ChangeContent()
    {
    }

    /// <summary>It gets another text.</summary>
    /// <param name="Text">The whole text.</param>
    /// <param name="Concurrent">It was written without having seen the edit before it.</param>
    public sealed record Edit(string Text, bool Concurrent = false) : ChangeContent;

    /// <summary>It is deleted for everyone.</summary>
    public sealed record Delete : ChangeContent;

    /// <summary>An emoji is set, or taken back.</summary>
    public sealed record React(string Emoji, bool On) : ChangeContent;

    /// <summary>It is pinned, or no longer.</summary>
    public sealed record Pin(bool On) : ChangeContent;

    /// <summary>Whether both set the same: the text, a pin, or the same emoji.</summary>
    internal bool SetsSameAs(ChangeContent other) => GetType() == other.GetType() && (this as React)?.Emoji == (other as React)?.Emoji;
}

/// <summary>The message that a change is for.</summary>
public sealed record MessageTarget(string MessageId, long SeqNo);

/// <summary>An entry of the log that changes a message.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="SeqNo">The entry's own.</param>
/// <param name="SenderId">Who made the change.</param>
/// <param name="Timestamp">When, by the server's clock.</param>
/// <param name="Target">Null for an entry that only a newer version knows.</param>
/// <param name="Content">Null for a kind that only a newer version knows.</param>
/// <param name="ClientMsgId">Of the user's own changes.</param>
internal sealed record MessageChange(
    string ConversationId, long SeqNo, string SenderId, DateTimeOffset Timestamp, MessageTarget? Target, ChangeContent? Content, string? ClientMsgId = null);

/// <summary>A change as it travels, in a frame or a page.</summary>
internal sealed record ChangeFields(string ConversationId, long SeqNo)
{
    public string SenderId { get; init; } = "";
    public string? Kind { get; init; }
    [JsonConverter(typeof(UnixMilliseconds))]
    public DateTimeOffset Timestamp { get; init; }
    public MessageTarget? Target { get; init; }
    public string? Text { get; init; }
    public string? Emoji { get; init; }
    public bool On { get; init; }
    public bool Concurrent { get; init; }
    public string? ClientMsgId { get; init; }

    /// <exception cref="JsonException">It lacks what a change needs.</exception>
    public static ChangeFields Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ChatJson.Wire.ChangeFields) ?? throw new JsonException("A frame is no change.");

    public MessageChange ToChange() => new(ConversationId, SeqNo, SenderId, Timestamp, Target, Content(), ClientMsgId);

    private ChangeContent? Content() => this switch
    {
        { Kind: "edit", Text: { } text } => new ChangeContent.Edit(text, Concurrent),
        { Kind: "delete" } => new ChangeContent.Delete(),
        { Kind: "react", Emoji: { } emoji } => new ChangeContent.React(emoji, On),
        { Kind: "pin" } => new ChangeContent.Pin(On),
        _ => null,
    };
}

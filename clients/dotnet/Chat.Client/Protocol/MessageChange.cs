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
    public sealed record Edit(string Text, bool Concurrent = false) : ChangeContent
    {
        /// <summary>Whom it mentions from then on; null: as before, none: nobody.</summary>
        public IReadOnlyList<string>? Mentions { get; init => field = value is null ? null : new ValueList<string>(value); }
    }

    /// <summary>It is deleted for everyone.</summary>
    public sealed record Delete : ChangeContent;

    /// <summary>An emoji is set, or taken back.</summary>
    public sealed record React(string Emoji, bool On) : ChangeContent;

    /// <summary>It is pinned, or no longer.</summary>
    public sealed record Pin(bool On) : ChangeContent;

    /// <summary>A message was written in the thread that it began, or one of those was deleted. Not sent: made of that entry, whose seqNo it has.</summary>
    internal sealed record InThread(bool On) : ChangeContent;

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
/// <param name="Thread">Of the deletion of a message in a thread: the message that began it.</param>
internal sealed record MessageChange(
    string ConversationId, long SeqNo, string SenderId, DateTimeOffset Timestamp, MessageTarget? Target, ChangeContent? Content, string? ClientMsgId = null,
    MessageTarget? Thread = null)
{
    /// <summary>What happened to the group, if that is what the entry tells.</summary>
    public Notice? Notice { get; init; }

    /// <summary>What the entry does to the message that began the thread; null for none.</summary>
    public MessageChange? InThread() => Thread is { } root && Content is ChangeContent.Delete
        ? new MessageChange(ConversationId, SeqNo, SenderId, Timestamp, root, new ChangeContent.InThread(On: false))
        : null;

    /// <summary>What a message does to the one that began its thread; null for none. One that comes deleted was added all the same: its deletion comes as an entry of its own.</summary>
    public static MessageChange? InThread(Message message) => message.ThreadRoot is { } root
        ? new MessageChange(message.ConversationId, message.SeqNo, message.SenderId, message.Timestamp, root, new ChangeContent.InThread(On: true))
        : null;
}

/// <summary>A change as it travels, in a frame or a page.</summary>
internal sealed record ChangeFields(string ConversationId, long SeqNo)
{
    public string SenderId { get; init; } = "";
    public string? Kind { get; init; }
    [JsonConverter(typeof(UnixMilliseconds))]
    public DateTimeOffset Timestamp { get; init; }
    public MessageTarget? Target { get; init; }
    public string? Text { get; init; }
    public IReadOnlyList<string>? Mentions { get; init; }
    public string? ThreadId { get; init; }
    public long? ThreadSeqNo { get; init; }
    public string? Emoji { get; init; }
    public bool On { get; init; }
    public bool Concurrent { get; init; }
    public string? ClientMsgId { get; init; }
    public string? MessageId { get; init; }
    public string? What { get; init; }
    public string? UserId { get; init; }
    public IReadOnlyList<string>? UserIds { get; init; }
    public string? Value { get; init; }

    /// <exception cref="JsonException">It lacks what a change needs.</exception>
    public static ChangeFields Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ChatJson.Wire.ChangeFields) ?? throw new JsonException("A frame is no change.");

    public MessageChange ToChange() => new(
        ConversationId, SeqNo, SenderId, Timestamp, Target, Content(), ClientMsgId,
        ThreadId is { } id && ThreadSeqNo is { } seqNo ? new MessageTarget(id, seqNo) : null) { Notice = Notice() };

    private Notice? Notice() => this is not { Kind: "notice", MessageId: { } id, What: { } what } ? null : new Notice
    {
        MessageId = id, ConversationId = ConversationId, SeqNo = SeqNo, SenderId = SenderId, Timestamp = Timestamp, What = what, UserId = UserId,
        UserIds = UserIds ?? [], Value = Value,
    };

    private ChangeContent? Content() => this switch
    {
        { Kind: "edit", Text: { } text } => new ChangeContent.Edit(text, Concurrent) { Mentions = Mentions },
        { Kind: "delete" } => new ChangeContent.Delete(),
        { Kind: "react", Emoji: { } emoji } => new ChangeContent.React(emoji, On),
        { Kind: "pin" } => new ChangeContent.Pin(On),
        _ => null,
    };
}

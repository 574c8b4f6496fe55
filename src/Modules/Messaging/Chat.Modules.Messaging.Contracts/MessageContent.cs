using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>The content of an entry of the log.</summary>
/// <param name="Text">1 byte to 16 KiB of UTF-8; may be empty where there are media. An edit has the new text.</param>
/// <param name="ReplyTo">The message of the same conversation to which this one replies; null for none.</param>
public sealed record MessageContent(Utf8Text Text, MessageId? ReplyTo = null)
{
    // Null in nearly every message.
    private readonly Rest? _rest;

    // The seqNo, which has 53 bits, above the kind's 8: a message costs the memory that it did before it had the first.
    private readonly long _seenAndKind;

    /// <summary>A newer server's message may have a kind that has no name here.</summary>
    public MessageKind Kind
    {
        get => (MessageKind)(byte)_seenAndKind;
        init => _seenAndKind = (_seenAndKind & ~0xffL) | (byte)value;
    }

    /// <summary>What an edit, delete, reaction or pin does; null in a message.</summary>
    public MessageChange? Change
    {
        get => _rest?.Change;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Change = value });
    }

    /// <summary>What a notice tells; null in anything else.</summary>
    public ConversationNotice? Notice
    {
        get => _rest?.Notice;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Notice = value });
    }

    /// <summary>The newest entry that the writer's device had seen, as it said; null if it did not say, or had seen none.</summary>
    public SeqNo? Seen
    {
        get => _seenAndKind >> 8 is > 0 and var seqNo ? new SeqNo(seqNo) : null;
        init => _seenAndKind = ((value?.Value ?? 0) << 8) | (byte)_seenAndKind;
    }

    /// <summary>
    /// In a change or notice, and what is left of an erased one: the newest message below it, <see cref="SeqNo.None"/> if there is none. Null in a message. What looks
    /// for messages jumps over any number of changes with it. Set by the log.
    /// </summary>
    public SeqNo? PreviousMessage
    {
        get => _rest?.PreviousMessage;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { PreviousMessage = value });
    }

    /// <summary>Encoded fields of a newer server that this one does not know: kept, and written again.</summary>
    public ReadOnlyMemory<byte> Unknown
    {
        get => _rest?.Unknown;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Unknown = value.IsEmpty ? null : value.ToArray() });
    }

    /// <summary>In the sender's order; at most <see cref="MessageMedia.MaxCount"/> unless a newer server allows more.</summary>
    public IReadOnlyList<MessageMedia> Media
    {
        get => _rest?.Media ?? [];
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Media = value.Count == 0 ? null : value });
    }

    /// <summary>Whom a message mentions; null for nobody. In an edit, null: as before, and <see cref="Contracts.Mentions.None"/>: nobody any more.</summary>
    public Mentions? Mentions
    {
        get => _rest?.Mentions;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Mentions = value });
    }

    /// <summary>
    /// The message that began the thread in which this one stands; null for none. It stays when the message is erased. The deletion of such a message has it, too.
    /// </summary>
    public MessageTarget? Thread
    {
        get => _rest?.Thread;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Thread = value });
    }

    /// <summary>Whether its sender took it over from another message.</summary>
    public bool Forwarded
    {
        get => _rest?.Forwarded ?? false;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { Forwarded = value });
    }

    /// <summary>
    /// From when on nobody is shown it; null for never. Of a message by the timer in force when it was appended, of a change that of its message. It stays when the content is erased. In whole milliseconds; set by the log.
    /// </summary>
    public DateTimeOffset? ExpiresAt
    {
        get => _rest?.ExpiresAt;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { ExpiresAt = value });
    }

    /// <summary>Of a timer: after how many seconds later messages expire, 0 for never. Null in anything else.</summary>
    public int? TimerSeconds
    {
        get => _rest?.TimerSeconds;
        init => _rest = Rest.Of((_rest ?? Rest.None) with { TimerSeconds = value });
    }

    /// <summary>An erased content.</summary>
    public static MessageContent Erased { get; } = new(default(Utf8Text)) { Kind = MessageKind.Erased };

    /// <summary>Whether clients get its text. If not, it is a change or notice, it was erased, or only a newer server can show it.</summary>
    public bool IsShown => Kind == MessageKind.Message;

    /// <summary>Whether it is in the state of something else: of a message that it changes, or in whose thread it stands, or of the conversation.</summary>
    public bool CountsElsewhere => Change is not null || Thread is not null || Kind == MessageKind.Timer;

    /// <summary>Whether the log judges it before it is appended: it may be so already, or be refused.</summary>
    public bool IsJudged => Change is not null || Kind == MessageKind.Timer;

    /// <summary>Whether it is told as a change: it changes a message or the conversation, or is a notice.</summary>
    public bool IsChange => Kind is MessageKind.Edit or MessageKind.Delete or MessageKind.Reaction or MessageKind.Pin or MessageKind.Timer or MessageKind.Notice;

    /// <summary>The protocol's name of a change or notice; null for anything else.</summary>
    public string? ChangeName => Kind switch
    {
        MessageKind.Edit => "edit",
        MessageKind.Delete => "delete",
        MessageKind.Reaction => "react",
        MessageKind.Pin => "pin",
        MessageKind.Timer => "timer",
        MessageKind.Notice => "notice",
        _ => null,
    };

    /// <summary>Whether it is a message, or was one before it was erased.</summary>
    public bool IsMessagePlace => PreviousMessage is null;

    /// <summary>Whether it has nothing but a text and the reply reference.</summary>
    public bool IsPlain => _seenAndKind == 0 && _rest is null;

    /// <summary>A plain message.</summary>
    public static MessageContent Of(string text, MessageId? replyTo = null) => new(Utf8Text.Of(text), replyTo);

    /// <summary>What is left when this is erased.</summary>
    public MessageContent ToErased() =>
        PreviousMessage is null && Thread is null && ExpiresAt is null ? Erased
        : Erased with { PreviousMessage = PreviousMessage, Thread = Change is null ? Thread : null, ExpiresAt = ExpiresAt };

    /// <summary>The most bytes of the text, the media, the change and the notice as JSON.</summary>
    public int MaxJsonBytes()
    {
        var bytes = JsonText.MaxBytes(Text);
        if (_rest is null)
            return bytes;
        for (var i = 0; i < Media.Count; i++)
            bytes += Media[i].MaxJsonBytes();
        // "threadId", "threadSeqNo", "forwarded", "expiresAt" and "seconds" with their values.
        const int ofThread = 96, ofForwarded = 20, ofExpiry = 28, ofTimer = 20;
        return bytes + (Change is null ? 0 : MessageChange.MaxJsonBytes) + (Notice?.MaxJsonBytes() ?? 0) + (Mentions?.MaxJsonBytes() ?? 0)
            + (Thread is null ? 0 : ofThread) + (Forwarded ? ofForwarded : 0) + (ExpiresAt is null ? 0 : ofExpiry) + (TimerSeconds is null ? 0 : ofTimer);
    }

    /// <summary>Compares the content, including the bytes of unknown fields.</summary>
    public bool Equals(MessageContent? other) => other is not null
        && (_seenAndKind, Text, ReplyTo) == (other._seenAndKind, other.Text, other.ReplyTo) && Equals(_rest, other._rest);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Text, ReplyTo);

    // What few messages have.
    private sealed record Rest
    {
        public static readonly Rest None = new();

        public IReadOnlyList<MessageMedia>? Media { get; init; }

        public byte[]? Unknown { get; init; }

        public MessageChange? Change { get; init; }

        public ConversationNotice? Notice { get; init; }

        public SeqNo? PreviousMessage { get; init; }

        public Mentions? Mentions { get; init; }

        public MessageTarget? Thread { get; init; }

        public bool Forwarded { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public int? TimerSeconds { get; init; }

        public static Rest? Of(Rest rest) =>
            rest is { Media: null, Unknown: null, Change: null, Notice: null, PreviousMessage: null, Mentions: null, Thread: null, Forwarded: false, ExpiresAt: null, TimerSeconds: null }
                ? null : rest;

        public bool Equals(Rest? other) => other is not null && Equals(Change, other.Change) && Equals(Notice, other.Notice) && PreviousMessage == other.PreviousMessage
            && Equals(Mentions, other.Mentions) && Equals(Thread, other.Thread) && Forwarded == other.Forwarded
            && (ExpiresAt, TimerSeconds) == (other.ExpiresAt, other.TimerSeconds)
            && Unknown.AsSpan().SequenceEqual(other.Unknown) && (Media ?? []).SequenceEqual(other.Media ?? []);

        public override int GetHashCode() => HashCode.Combine(Change, PreviousMessage);
    }
}

/// <summary>The kind of an entry of the log. The numbers are stored.</summary>
public enum MessageKind : byte
{
    /// <summary>A message.</summary>
    Message = 0,

    /// <summary>A new text of a message.</summary>
    Edit = 1,

    /// <summary>A message is deleted for everyone.</summary>
    Delete = 2,

    /// <summary>A reaction is set or taken back.</summary>
    Reaction = 3,

    /// <summary>A message is pinned, or no longer.</summary>
    Pin = 4,

    /// <summary>From now on messages expire after some time, or no longer.</summary>
    Timer = 5,

    /// <summary>Something that happened to the conversation; appended by the server itself.</summary>
    Notice = 6,

    /// <summary>Its content was erased; only its seqNo is left.</summary>
    Erased = 255,
}

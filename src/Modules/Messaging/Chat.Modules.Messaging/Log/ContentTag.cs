namespace Chat.Modules.Messaging.Log;

/// <summary>
/// The field numbers of a message's content. A number is never reused. Those below the line are reserved for later versions of the protocol: this server
/// keeps such fields without reading them.
/// </summary>
internal enum ContentTag
{
    /// <summary>A <see cref="Contracts.MessageKind"/>: varint, absent for 0.</summary>
    Kind = 1,

    /// <summary>UTF-8; absent if there is no text.</summary>
    Text = 2,

    /// <summary>The message replied to: its id, 16 bytes, big endian.</summary>
    ReplyTo = 3,

    /// <summary>A file, an embedded message with the fields of <see cref="MediaTag"/>; once for each.</summary>
    Media = 10,

    /// <summary>What an edit, delete, reaction or pin is about: its id, 16 bytes.</summary>
    TargetId = 6,

    /// <summary>The seqNo of that message: varint.</summary>
    TargetSeqNo = 7,

    /// <summary>A reaction: UTF-8.</summary>
    Emoji = 8,

    /// <summary>Whether a reaction or pin is set or removed: varint, absent for 0.</summary>
    On = 9,

    /// <summary>The seqNo up to which the writer had seen: varint.</summary>
    Seen = 12,

    /// <summary>The newest change known to an edit: a seqNo, varint.</summary>
    BasedOn = 13,

    /// <summary>The newest message below a change or notice: a seqNo, varint, 0 for none.</summary>
    PreviousMessage = 18,

    /// <summary>Whether the editor had not seen the edit before this one: varint, absent for 0.</summary>
    Concurrent = 19,

    /// <summary>What a notice tells: an embedded message with the fields of <see cref="NoticeTag"/>.</summary>
    Notice = 15,

    /// <summary>The message that began the thread: 16 bytes.</summary>
    ThreadId = 4,

    /// <summary>The seqNo of that message: varint.</summary>
    ThreadSeqNo = 20,

    /// <summary>A user id; once for each user mentioned, <c>@all</c> for all. Empty in an edit after which nobody is mentioned.</summary>
    Mention = 5,

    /// <summary>Whether it was forwarded: varint, absent for 0.</summary>
    Forwarded = 11,

    /// <summary>When the message expires, or that which an entry changes: Unix ms, varint. The first field of a message that has it.</summary>
    ExpiresAt = 14,

    /// <summary>How long messages are shown: seconds, varint.</summary>
    Timer = 16,

    // ---- reserved; 21 to 24 for what has to do with mentions and threads, 25 to 29 with expiry, 30 to 34 with notices ----

    /// <summary>Ciphertext for the receivers' devices.</summary>
    Ciphertext = 17,
}

/// <summary>The field numbers of a file in a message. A number is never reused; fields that this server does not know are kept.</summary>
internal enum MediaTag
{
    /// <summary>Its id, 16 bytes, big endian.</summary>
    Id = 1,

    /// <summary>UTF-8.</summary>
    ContentType = 2,

    /// <summary>Bytes: varint, absent for 0.</summary>
    Size = 3,

    /// <summary>UTF-8.</summary>
    Name = 4,

    /// <summary>Pixels: varint.</summary>
    Width = 5,

    /// <summary>Pixels: varint.</summary>
    Height = 6,

    /// <summary>Varint.</summary>
    DurationMs = 7,

    /// <summary>UTF-8.</summary>
    Blurhash = 8,

    /// <summary>Varint, absent for 0.</summary>
    Thumbnail = 9,

    /// <summary>Varint, absent for 0.</summary>
    Voice = 10,

    /// <summary>A byte for each value.</summary>
    Waveform = 11,
}

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// The fields of a message's content, by their numbers in its bytes, which are never used for anything else. Those below the line are reserved for
/// what the protocol grows by: this server keeps them without looking.
/// </summary>
internal enum ContentTag
{
    /// <summary>A <see cref="Contracts.MessageKind"/>: varint, absent for 0.</summary>
    Kind = 1,

    /// <summary>UTF-8; absent where there is none.</summary>
    Text = 2,

    /// <summary>The message that is answered: its id, 16 bytes, big endian.</summary>
    ReplyTo = 3,

    // ---- reserved ----

    /// <summary>The message that began the thread: 16 bytes.</summary>
    ThreadId = 4,

    /// <summary>A user id; once for each user mentioned, <c>@all</c> for all.</summary>
    Mention = 5,

    /// <summary>What an edit, delete, reaction or pin is about: its id, 16 bytes.</summary>
    TargetId = 6,

    /// <summary>And its seqNo: varint.</summary>
    TargetSeqNo = 7,

    /// <summary>A reaction: UTF-8.</summary>
    Emoji = 8,

    /// <summary>Whether a reaction or pin is set or taken away: varint.</summary>
    On = 9,

    /// <summary>A medium, itself made of fields; once for each.</summary>
    Media = 10,

    /// <summary>Whether it was forwarded: varint.</summary>
    Forwarded = 11,

    /// <summary>What the writer had seen: a seqNo, varint.</summary>
    Seen = 12,

    /// <summary>The newest change that an edit knew of: a seqNo, varint.</summary>
    BasedOn = 13,

    /// <summary>From when on it is shown to nobody: Unix ms, varint.</summary>
    ExpiresAt = 14,

    /// <summary>What a notice says of the conversation, itself made of fields.</summary>
    Notice = 15,

    /// <summary>For how long messages are shown: seconds, varint.</summary>
    Timer = 16,

    /// <summary>What only the receivers' devices can read.</summary>
    Ciphertext = 17,
}

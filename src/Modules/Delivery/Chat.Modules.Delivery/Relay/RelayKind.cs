namespace Chat.Modules.Delivery.Relay;

/// <summary>The kinds of messages between nodes. The numbers are sent; a node ignores a kind that it does not know.</summary>
internal enum RelayKind : byte
{
    /// <summary>A message: conversation, previous seqNo, seqNo, id, sender's user and device, clientMsgId, timestamp in ms, content.</summary>
    Push = 1,

    /// <summary>The log has messages up to a seqNo: conversation, seqNo.</summary>
    Advance = 2,

    /// <summary>An event for users: number of users, users, event.</summary>
    Tell = 3,

    /// <summary>An event for a user's devices but one: user, device, event.</summary>
    TellOtherDevices = 4,

    /// <summary>Users have joined a conversation: conversation, number of users, users.</summary>
    Join = 5,

    /// <summary>A user has left a conversation: conversation, user.</summary>
    Leave = 6,

    /// <summary>A device's connection ends: user, device, reason.</summary>
    Close = 7,

    /// <summary>Connections of the sender: their number, and of each user, device, order.</summary>
    Arrived = 8,

    /// <summary>Users who have no connection to the sender any more: their number, users.</summary>
    Left = 9,

    /// <summary>All connections of the sender are registered: <see cref="RegisteredFlags"/>.</summary>
    Registered = 10,

    /// <summary>The sender ends, and has told the others of all that it appended. Its last message.</summary>
    Finished = 11,
}

/// <summary>Sent with <see cref="RelayKind.Registered"/>.</summary>
[Flags]
internal enum RegisteredFlags : byte
{
    None = 0,

    /// <summary>The node had no lease meanwhile, and could not tell the others what it appended.</summary>
    HasBeenAway = 1,

    /// <summary>The node does not know whether the receiver's connections are registered, and asks for it.</summary>
    AsksBack = 2,
}

/// <summary>The kind of event that follows. The numbers are sent.</summary>
internal enum RelayedEvent : byte
{
    /// <summary>Conversation, message's id, seqNo, user, status.</summary>
    Receipt = 1,

    /// <summary>Conversation, user, 1 for active.</summary>
    Typing = 2,

    /// <summary>Conversation, change, user or nothing.</summary>
    Conversation = 3,

    /// <summary>Conversation, seqNo.</summary>
    Advanced = 4,

    /// <summary>
    /// Conversation; mutedUntil in ms, archivedBelow, pinned (1 or 0), unreadBelow, clearedUpTo, the draft's bytes, each -1 where it did not change; the draft. An earlier version
    /// writes nothing after mutedUntil.
    /// </summary>
    OwnSettings = 5,
}

namespace Chat.Modules.Delivery.Connections;

/// <summary>What became of an ack.</summary>
internal enum AckOutcome
{
    /// <summary>The device's cursor is at least there now.</summary>
    Counted,

    /// <summary>It is at or above a message dropped from this connection: the device cannot mean it.</summary>
    Ignored,

    /// <summary>This connection has pushed nothing of the conversation; the cursor has not moved.</summary>
    NotTracked,

    /// <summary>It is above what this connection knows of: read the conversation's head.</summary>
    BeyondKnown,
}

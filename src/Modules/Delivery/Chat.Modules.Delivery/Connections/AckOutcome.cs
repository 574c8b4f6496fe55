namespace Chat.Modules.Delivery.Connections;

/// <summary>The outcome of an ack.</summary>
internal enum AckOutcome
{
    /// <summary>The device's cursor is at the acked seqNo or above.</summary>
    Counted,

    /// <summary>The ack is at or above a message that was dropped from this connection, so it is ignored.</summary>
    Ignored,

    /// <summary>This connection has pushed nothing of the conversation; the cursor did not move.</summary>
    NotTracked,

    /// <summary>The ack is above the highest message that this connection knows: read the conversation's head.</summary>
    BeyondKnown,
}

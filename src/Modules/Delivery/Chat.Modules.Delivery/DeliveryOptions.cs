using System.ComponentModel.DataAnnotations;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery;

/// <summary>Section <c>Delivery</c>.</summary>
internal sealed class DeliveryOptions
{
    /// <summary>
    /// Connections this node takes; more are answered 503. 1 to 1 000 000; default 100 000. The host lowers it to what the process may have open.
    /// </summary>
    [Range(1, 1_000_000)] public int MaxConnections { get; init; } = IConnections.DefaultLimit;

    /// <summary>Connected devices a user may have; a further one is answered 503. 1 to 1 000; default 20.</summary>
    [Range(1, 1_000)] public int MaxDevicesPerUser { get; init; } = 20;

    /// <summary>Members up to which a conversation's messages are pushed; in larger ones members are told <c>advanced</c>. 2 to 100 000; default 256.</summary>
    [Range(2, 100_000)] public int PushThreshold { get; init; } = 256;

    /// <summary>Messages pushed to a connection and not yet acked; when it is full, pushing pauses. 64 to 4 096; default 256.</summary>
    [Range(64, 4_096)] public int UnackedWindow { get; init; } = 256;

    /// <summary>Events that may wait for a connection before it is told to resync. 16 to 65 536; default 512.</summary>
    [Range(16, 65_536)] public int MaxPendingEvents { get; init; } = 512;

    /// <summary>Bytes of events that may wait for a connection before it is told to resync. 65 536 to 64 MiB; default 1 MiB.</summary>
    [Range(65_536, 67_108_864)] public int MaxPendingBytes { get; init; } = 1_048_576;

    /// <summary>Answers that may wait for a connection; its further commands wait. 1 to 4 096; default 64.</summary>
    [Range(1, 4_096)] public int MaxPendingAnswers { get; init; } = 64;

    /// <summary>Bytes of answers that may wait for a connection; its further commands wait. One answer may be larger. 4 096 to 64 MiB; default 256 KiB.</summary>
    [Range(4_096, 67_108_864)] public int MaxPendingAnswerBytes { get; init; } = 256 * 1024;

    /// <summary>The first pause before an unacked message is sent again to a live device, in ms. 100 to 60 000; default 5 000.</summary>
    [Range(100, 60_000)] public int ResendAfterMs { get; init; } = 5_000;

    /// <summary>The longest of the pauses, which double, in ms. 100 to 600 000; default 60 000.</summary>
    [Range(100, 600_000)] public int ResendAtMostEveryMs { get; init; } = 60_000;

    /// <summary>Messages that <c>lastSeenSeqNo</c> brings at most; where more are missing the connection resyncs. 1 to 200; default 200.</summary>
    [Range(1, 200)] public int RepairPage { get; init; } = 200;

    /// <summary>Messages that wait for one fan-out worker; beyond it only their conversations are noted and the log is read. 64 to 1 048 576; default 8 192.</summary>
    [Range(64, 1_048_576)] public int MaxFanOutQueue { get; init; } = 8_192;

    /// <summary>
    /// Messages that the fan-out looks at again when the server starts, as they may not have been fanned out before it ended; of more the devices find the rest when
    /// they connect. 1 to 10 000 000; default 100 000.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxCatchUp { get; init; } = 100_000;

    /// <summary>How long moved cursors may wait for the store, in ms: a crash within it only brings messages twice. 10 to 60 000; default 500.</summary>
    [Range(10, 60_000)] public int CursorFlushMs { get; init; } = 500;

    /// <summary>Cursors kept in memory; the least are read again from the store. 1 000 to 10 000 000; default 200 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxCachedCursors { get; init; } = 200_000;

    /// <summary>Over what time receipts, and hints to large conversations, are gathered into one, in ms; a direct conversation's first receipt goes out at once. 10 to 10 000; default 250.</summary>
    [Range(10, 10_000)] public int CoalesceMs { get; init; } = 250;

    /// <summary>Messages looked through for the senders of what one ack passed; senders not found get a receipt for the lowest of these. 256 to 1 000 000; default 10 000.</summary>
    [Range(256, 1_000_000)] public int MaxReceiptSpan { get; init; } = 10_000;

    /// <summary>Acks of more than 256 messages that wait for their senders to be looked for; beyond it a receipt is for the lowest of the 256. 1 to 100 000; default 1 024.</summary>
    [Range(1, 100_000)] public int MaxReceiptSearches { get; init; } = 1_024;

    /// <summary>When the server leaves: connections closed a second. 1 to 1 000 000; default 2 000.</summary>
    [Range(1, 1_000_000)] public int DrainClosesPerSecond { get; init; } = 2_000;

    /// <summary>When the server leaves: the time over which connections are closed, at most, in ms. 0 to 600 000; default 5 000.</summary>
    [Range(0, 600_000)] public int DrainMs { get; init; } = 5_000;
}

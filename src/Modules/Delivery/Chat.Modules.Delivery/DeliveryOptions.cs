using System.ComponentModel.DataAnnotations;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery;

/// <summary>Section <c>Delivery</c>: connections, fan-out, cursors and receipts.</summary>
internal sealed class DeliveryOptions
{
    /// <summary>
    /// The most live connections of this node; more are answered 503. 1 to 1 000 000; default 100 000. Lowered at the start if the process may not open so many
    /// sockets.
    /// </summary>
    [Range(1, 1_000_000)] public int MaxConnections { get; init; } = IConnections.DefaultLimit;

    /// <summary>The most connected devices of a user; a further one is answered 503. 1 to 1 000; default 20.</summary>
    [Range(1, 1_000)] public int MaxDevicesPerUser { get; init; } = 20;

    /// <summary>Messages are pushed in conversations of at most so many members; in larger ones clients get <c>advanced</c>. 2 to 100 000; default 256.</summary>
    [Range(2, 100_000)] public int PushThreshold { get; init; } = 256;

    /// <summary>The most messages pushed to a connection and not yet acked; then pushing pauses. 64 to 4 096; default 256.</summary>
    [Range(64, 4_096)] public int UnackedWindow { get; init; } = 256;

    /// <summary>The most events that wait for a connection; beyond it the connection resyncs. 16 to 65 536; default 512.</summary>
    [Range(16, 65_536)] public int MaxPendingEvents { get; init; } = 512;

    /// <summary>The most bytes of events that wait for a connection; beyond it the connection resyncs. 65 536 to 64 MiB; default 1 MiB.</summary>
    [Range(65_536, 67_108_864)] public int MaxPendingBytes { get; init; } = 1_048_576;

    /// <summary>The most answers that wait for a connection; then its further commands wait. 1 to 4 096; default 64.</summary>
    [Range(1, 4_096)] public int MaxPendingAnswers { get; init; } = 64;

    /// <summary>The most bytes of answers that wait for a connection; then its further commands wait. One answer may be larger. 4 096 to 64 MiB; default 256 KiB.</summary>
    [Range(4_096, 67_108_864)] public int MaxPendingAnswerBytes { get; init; } = 256 * 1024;

    /// <summary>The pause before an unacked message is sent again to a live device, in milliseconds. It doubles each time. 100 to 60 000; default 5 000.</summary>
    [Range(100, 60_000)] public int ResendAfterMs { get; init; } = 5_000;

    /// <summary>The longest of these pauses, in milliseconds. 100 to 600 000; default 60 000.</summary>
    [Range(100, 600_000)] public int ResendAtMostEveryMs { get; init; } = 60_000;

    /// <summary>The most messages sent for <c>lastSeenSeqNo</c>; if more are missing, the connection resyncs. 1 to 200; default 200.</summary>
    [Range(1, 200)] public int RepairPage { get; init; } = 200;

    /// <summary>The most messages that wait for one fan-out worker; of more only the conversation is kept, and the log is read. 64 to 1 048 576; default 8 192.</summary>
    [Range(64, 1_048_576)] public int MaxFanOutQueue { get; init; } = 8_192;

    /// <summary>
    /// Messages that the fan-out looks at again when the server starts, as they may not have been fanned out before it ended; of more the devices find the rest when
    /// they connect. 1 to 10 000 000; default 100 000.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxCatchUp { get; init; } = 100_000;

    /// <summary>How long changed cursors may wait to be saved, in milliseconds. A crash meanwhile brings messages twice. 10 to 60 000; default 500.</summary>
    [Range(10, 60_000)] public int CursorFlushMs { get; init; } = 500;

    /// <summary>The most cursors kept in memory; others are read from the store. 1 000 to 10 000 000; default 200 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxCachedCursors { get; init; } = 200_000;

    /// <summary>For how long receipts, and <c>advanced</c> events of large conversations, are gathered into one, in milliseconds. A direct conversation's first receipt is sent at once. 10 to 10 000; default 250.</summary>
    [Range(10, 10_000)] public int CoalesceMs { get; init; } = 250;

    /// <summary>The most messages searched for the senders of what one ack covers; senders not found get a receipt for the lowest of them. 256 to 1 000 000; default 10 000.</summary>
    [Range(256, 1_000_000)] public int MaxReceiptSpan { get; init; } = 10_000;

    /// <summary>The most acks of more than 256 messages that wait for the search of their senders; of more the receipt is for the lowest of the 256. 1 to 100 000; default 1 024.</summary>
    [Range(1, 100_000)] public int MaxReceiptSearches { get; init; } = 1_024;

    /// <summary>
    /// How long a new connection waits until all other servers know of it, in milliseconds, before its drain starts. If some are slower, it drains again when they
    /// know. 50 to 10 000; default 250.
    /// </summary>
    [Range(50, 10_000)] public int ArrivalTimeoutMs { get; init; } = 250;

    /// <summary>The connections that drain again a second, when messages of another server may have been lost. 1 to 1 000 000; default 1 000.</summary>
    [Range(1, 1_000_000)] public int RedrainsPerSecond { get; init; } = 1_000;

    /// <summary>The most users for whom the other servers that they are connected to are kept in memory; others are read from Redis. 1 000 to 10 000 000; default 200 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxCachedUserNodes { get; init; } = 200_000;

    /// <summary>The connections closed a second when the server shuts down. 1 to 1 000 000; default 2 000.</summary>
    [Range(1, 1_000_000)] public int LeaveClosesPerSecond { get; init; } = 2_000;

    /// <summary>The longest time over which connections are closed when the server shuts down, in milliseconds. 0 to 600 000; default 5 000.</summary>
    [Range(0, 600_000)] public int LeaveMs { get; init; } = 5_000;
}

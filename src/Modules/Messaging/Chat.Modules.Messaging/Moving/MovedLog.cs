using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log.Embedded;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging.Moving;

/// <summary>The log as the first server's start would find it, or as one that goes back to it.</summary>
internal sealed class MovedLog(RocksMessageLog log, IEnumerable<ILogPositions> followers, ILogger<RestoredLog> logger) : IMoveStep
{
    public Task PrepareAsync(CancellationToken ct) => new RestoredLog(log, followers, logger).StartAsync(ct);

    /// <summary>Clients may have seen messages that are in the copy alone.</summary>
    public Task ReturnAsync(CancellationToken ct)
    {
        log.BeginEpoch();
        return Task.CompletedTask;
    }
}

/// <summary>The log's epoch. As in a new keyspace all that will be appended is written to the inbox, too.</summary>
internal sealed class MovedEpoch(RocksMessageLog log) : MovedTable
{
    /// <summary>Under which inboxes are complete, as a server calls it that makes a keyspace.</summary>
    public const string InboxName = "new";

    public override string Name => "epoch";

    public override string Table => "messaging_epochs";

    public override IReadOnlyList<string> Columns { get; } = ["log", "epoch", "inbox"];

    public override long EstimateRows() => 1;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) => after is null ? [new MovedRow("messages", ["messages", log.Epoch, InboxName])] : [];
}

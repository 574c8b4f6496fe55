using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>The embedded log in a folder that is gone afterwards; closed and used again it is what a restart finds.</summary>
/// <param name="clock">The log's; null for the real one.</param>
/// <param name="expiry">What is over; null for what its clock says.</param>
/// <param name="write">What its writes to the disk meet; null for nothing.</param>
internal sealed class TemporaryLog(TimeProvider? clock = null, RocksWrite? write = null, Expiry? expiry = null) : IDisposable
{
    private readonly TemporaryStores _stores = new("messaging", typeof(MessagingModule).Assembly);
    private RocksMessageLog? _log;

    /// <summary>Of the log that is open.</summary>
    public ActivityClock Activity { get; private set; } = null!;

    public RocksMessageLog Log => _log ??= new RocksMessageLog(
        _stores.Data, _stores.Meters, clock ?? TimeProvider.System, Activity = new ActivityClock(NullLogger<ActivityClock>.Instance), write, expiry: expiry);

    public string Folder => _stores.Data.PathOf("log");

    public void Close()
    {
        _log?.Dispose();
        _log = null;
    }

    public void Dispose()
    {
        Close();
        _stores.Dispose();
    }
}

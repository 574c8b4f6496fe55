using Chat.Modules.Messaging.Log;
using Chat.Testing;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>The embedded log in a folder that is gone afterwards; closed and used again it is what a restart finds.</summary>
internal sealed class TemporaryLog : IDisposable
{
    private readonly TemporaryStores _stores = new("messaging", typeof(MessagingModule).Assembly);
    private RocksMessageLog? _log;

    public RocksMessageLog Log => _log ??= new RocksMessageLog(_stores.Data, _stores.Meters, TimeProvider.System);

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

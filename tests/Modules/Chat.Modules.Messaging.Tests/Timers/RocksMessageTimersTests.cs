using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Tests.Log;

namespace Chat.Modules.Messaging.Tests.Timers;

public sealed class RocksMessageTimersTests : MessageTimersContract
{
    private TemporaryLog? _log;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _log?.Dispose();
    }

    private protected override Task<IMessageLog> OpenAsync() => Task.FromResult<IMessageLog>((_log ??= new TemporaryLog(expiry: new Expiry(Clock))).Log);

    private protected override Task CloseAsync(IMessageLog log)
    {
        _log!.Close();
        return Task.CompletedTask;
    }
}

using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>A log that is open while a test runs, and can be opened again.</summary>
public abstract class OpenedLog : IAsyncLifetime
{
    private protected IMessageLog Log { get; private set; } = null!;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Log = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync(Log);
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the test's one log, as a server's start does.</summary>
    private protected abstract Task<IMessageLog> OpenAsync();

    private protected abstract Task CloseAsync(IMessageLog log);

    private protected async Task ReopenAsync()
    {
        await CloseAsync(Log);
        Log = await OpenAsync();
    }
}

using System.Runtime.InteropServices;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Operations;

/// <summary>
/// Handles SIGTERM and Ctrl+C: first clients are told to reconnect and their connections are closed, then the host stops. Otherwise the host would stop
/// SignalR first, which drops all its connections at once without telling the clients. A second signal stops at once.
/// </summary>
internal sealed class LeavingLifetime(IHostApplicationLifetime application, IConnections connections, ILogger<LeavingLifetime> log)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _asked;

    /// <summary>Whether the shutdown has begun.</summary>
    public bool IsLeaving => Volatile.Read(ref _asked) > 0 || application.ApplicationStopping.IsCancellationRequested;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
            _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _asked) == 1)
            _ = LeaveAsync();
        else
            application.StopApplication();
    }

    private async Task LeaveAsync()
    {
        try
        {
            await connections.LeaveAsync();
        }
        catch (Exception e)
        {
            log.LeavingFailed(e);
        }
        application.StopApplication();
    }
}

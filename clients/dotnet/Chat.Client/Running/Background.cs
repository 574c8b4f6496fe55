using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>Owns the tasks that run beside the loop: they are cancelled and awaited at the end, and failures are logged.</summary>
internal sealed class Background(ILogger log) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly HashSet<Task> _running = [];
    private readonly Lock _gate = new();

    public CancellationToken Ending => _ending.Token;

    /// <summary>Runs work; a failure is logged. After the end it does nothing.</summary>
    public void Run(string what, Func<CancellationToken, Task> work)
    {
        lock (_gate)
        {
            if (_ending.IsCancellationRequested)
                return;
            var task = Task.Run(() => GuardAsync(what, work), CancellationToken.None);
            _running.Add(task);
            task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] left;
        lock (_gate)
        {
            _ending.Cancel();
            left = [.. _running];
        }
        await Task.WhenAll(left);
        _ending.Dispose();
    }

    private async Task GuardAsync(string what, Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_ending.Token);
        }
        catch (Exception) when (_ending.IsCancellationRequested)
        {
            // It was cancelled.
        }
        catch (ChatException e)
        {
            log.CallFailed(what, e.Code);
        }
        catch (Exception e)
        {
            log.Failed(e, what);
        }
    }

    private void Forget(Task task)
    {
        lock (_gate)
            _running.Remove(task);
    }
}

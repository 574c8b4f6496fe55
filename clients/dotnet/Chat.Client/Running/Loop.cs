using System.Threading.Channels;

namespace Chat.Client;

/// <summary>
/// Everything that changes the client's state runs here, one piece of work after the other, in order. A piece must not wait for the network,
/// nor for another piece.
/// </summary>
internal sealed class Loop : IAsyncDisposable
{
    private readonly Channel<Func<Task>> _work = Channel.CreateUnbounded<Func<Task>>(new() { SingleReader = true });
    private readonly Task _run;

    public Loop() => _run = Task.Run(RunAsync);

    /// <exception cref="ObjectDisposedException">The client was closed.</exception>
    public Task<T> RunAsync<T>(Func<Task<T>> piece)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var taken = _work.Writer.TryWrite(async () =>
        {
            try
            {
                done.SetResult(await piece());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return taken ? done.Task : throw new ObjectDisposedException(nameof(ChatClient));
    }

    public Task RunAsync(Func<Task> piece) => RunAsync(async () =>
    {
        await piece();
        return true;
    });

    public Task RunAsync(Action piece) => RunAsync(() =>
    {
        piece();
        return Task.CompletedTask;
    });

    /// <summary>Ends after the work that was queued before.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _run;
    }

    private async Task RunAsync()
    {
        await foreach (var piece in _work.Reader.ReadAllAsync())
            await piece();
    }
}

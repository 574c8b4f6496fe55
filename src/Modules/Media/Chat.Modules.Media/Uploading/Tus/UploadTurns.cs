using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Uploading.Tus;

/// <summary>
/// One request at a time writes to an upload. A client whose connection broke comes again before this server has noticed: so the newer request ends the older, which
/// keeps what it has brought.
/// </summary>
internal sealed class UploadTurns(TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<MediaId, Turn> _current = [];

    /// <summary>To be disposed; null if the older request does not end in time, or another one was faster.</summary>
    public async Task<Turn?> TryTakeAsync(MediaId id, CancellationToken ct)
    {
        if (TryEnter(id, out var older) is { } free)
            return free;
        older.Stop();
        try
        {
            await older.Ended.WaitAsync(Patience, clock, ct);
        }
        catch (TimeoutException)
        {
            return null;
        }
        return TryEnter(id, out _);
    }

    private Turn? TryEnter(MediaId id, out Turn current)
    {
        lock (_gate)
        {
            if (_current.TryGetValue(id, out current!))
                return null;
            return _current[id] = current = new Turn(this, id);
        }
    }

    private void Leave(MediaId id)
    {
        lock (_gate)
            _current.Remove(id);
    }

    internal sealed class Turn(UploadTurns all, MediaId id) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _stopped = new();

        /// <summary>A newer request wants to write.</summary>
        public CancellationToken Stopped => _stopped.Token;

        public Task Ended => _ended.Task;

        public void Stop() => _stopped.Cancel();

        public void Dispose()
        {
            all.Leave(id);
            _ended.TrySetResult();
        }
    }
}

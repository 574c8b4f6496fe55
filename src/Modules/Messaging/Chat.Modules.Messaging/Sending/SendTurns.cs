using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Sending;

/// <summary>Keeps a device's messages and changes in order of arrival, although the checks before an append may take time.</summary>
internal sealed class SendTurns
{
    private readonly Lock _gate = new();

    // The newest waiting message of each device. At most as many as there are waiting messages.
    private readonly Dictionary<DeviceAddress, TaskCompletionSource> _newest = [];
    private volatile int _waiting;

    /// <summary>Whether no message of the device waits: one that waits for nothing itself needs no turn.</summary>
    public bool IsFree(DeviceAddress device)
    {
        if (_waiting == 0)
            return true;
        lock (_gate)
            return !_newest.ContainsKey(device);
    }

    /// <summary>A message's turn. Dispose it when its append has begun, or when it is refused.</summary>
    /// <param name="isReady">Whether it waits for nothing itself.</param>
    public Turn Take(DeviceAddress device, bool isReady)
    {
        lock (_gate)
        {
            var before = _newest.GetValueOrDefault(device);
            if (isReady && before is null)
                return default;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _newest[device] = done;
            _waiting = _newest.Count;
            return new Turn(this, device, before?.Task, done);
        }
    }

    private void End(DeviceAddress device, TaskCompletionSource done)
    {
        lock (_gate)
        {
            if (_newest.GetValueOrDefault(device) == done)
                _newest.Remove(device);
            _waiting = _newest.Count;
        }
        done.SetResult();
    }

    public readonly struct Turn(SendTurns turns, DeviceAddress device, Task? before, TaskCompletionSource? done) : IDisposable
    {
        /// <summary>Completes when the turns of all earlier messages of the device have ended.</summary>
        public Task ComesAsync() => before ?? Task.CompletedTask;

        public void Dispose()
        {
            if (done is not null)
                turns.End(device, done);
        }
    }
}

using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Uploading;

/// <summary>Limits how many uploads of one user this server takes at the same time.</summary>
internal sealed class UploadsUnderWay(IOptions<MediaOptions> options, MediaMetrics metrics)
{
    private readonly Lock _gate = new();

    // Guarded by _gate. A user without an upload has no entry.
    private readonly Dictionary<UserId, int> _ofUser = [];

    /// <summary>To be disposed when the upload has ended; null if there are too many.</summary>
    public IDisposable? TryEnter(UserId user)
    {
        lock (_gate)
        {
            var count = _ofUser.GetValueOrDefault(user);
            if (count >= options.Value.MaxUploadsPerUser)
                return null;
            _ofUser[user] = count + 1;
        }
        metrics.Uploading(1);
        return new Entry(this, user);
    }

    private void Leave(UserId user)
    {
        lock (_gate)
        {
            if (--_ofUser[user] == 0)
                _ofUser.Remove(user);
        }
        metrics.Uploading(-1);
    }

    private sealed class Entry(UploadsUnderWay all, UserId user) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                all.Leave(user);
        }
    }
}

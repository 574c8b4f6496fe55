namespace Chat.Client;

/// <summary>Reads what messages have. What is asked for by several at once is read once; a little of it is remembered.</summary>
internal sealed class MediaReader(MediaApi api, Background background, TimeProvider clock, long cacheBytes)
{
    private const int MaxRemembered = 500;

    // A file above this is not remembered.
    private const int MaxFileBytes = 8 * 1024 * 1024;

    // A signed address that ends sooner is asked for again.
    private static readonly TimeSpan LeastLeft = TimeSpan.FromMinutes(1);
    private static readonly int[] Widths = [160, 320, 640, 1280];

    private readonly Bounded<(Uri Url, DateTimeOffset Until)> _addresses = new(MaxRemembered, MaxRemembered);
    private readonly Bounded<byte[]> _files = new(cacheBytes, MaxRemembered);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _underWay = [];    // under the gate
    private int _sessions;                                       // under the gate: what one session has read is not remembered for the next

    public async Task<Uri> GetUrlAsync(string mediaId, CancellationToken ct)
    {
        if (_addresses.TryGet(mediaId, out var known) && known.Until > clock.GetUtcNow())
            return known.Url;
        return await OnceAsync<Uri>($"url/{mediaId}", async end =>
        {
            var signed = await api.ReadJsonAsync($"{MediaApi.PathOf(mediaId)}/url", ChatJson.Wire.SignedAddress, end);
            var url = api.Absolute(signed.Url);
            return (url, () => _addresses.Set(mediaId, (url, DateTimeOffset.FromUnixTimeMilliseconds(signed.ExpiresAt) - LeastLeft), 1));
        }, ct);
    }

    public async Task<ReadOnlyMemory<byte>> GetThumbnailAsync(string mediaId, int width, CancellationToken ct)
    {
        var step = Widths.FirstOrDefault(w => w >= width, Widths[^1]);
        // One that is larger does as well.
        foreach (var wider in Widths.Where(w => w >= step))
        {
            if (_files.TryGet($"{mediaId}/{wider}", out var known))
                return known;
        }
        return await RememberedAsync($"{mediaId}/{step}", $"{MediaApi.PathOf(mediaId)}/thumbnail?w={step}", ct);
    }

    public async Task<ReadOnlyMemory<byte>> DownloadAsync(string mediaId, CancellationToken ct) =>
        _files.TryGet(mediaId, out var known) ? known : await RememberedAsync(mediaId, MediaApi.PathOf(mediaId), ct);

    public async Task DownloadAsync(string mediaId, Stream to, CancellationToken ct)
    {
        if (_files.TryGet(mediaId, out var known))
            await to.WriteAsync(known, ct);
        else
            await api.ReadAsync(MediaApi.PathOf(mediaId), to, ct);
    }

    /// <summary>The session has ended.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _sessions++;
            _underWay.Clear();
            _addresses.Clear();
            _files.Clear();
        }
    }

    private Task<byte[]> RememberedAsync(string key, string path, CancellationToken ct) => OnceAsync<byte[]>(key, async end =>
    {
        using var bytes = new MemoryStream();
        await api.ReadAsync(path, bytes, end);
        var file = bytes.ToArray();
        return (file, () =>
        {
            if (file.Length <= MaxFileBytes)
                _files.Set(key, file, file.Length);
        });
    }, ct);

    /// <summary>Reads once for all who ask meanwhile. It goes on when one of them gives up.</summary>
    /// <param name="key">What is read.</param>
    /// <param name="read">Reads it, and says how it is remembered.</param>
    /// <param name="ct">Ends the wait.</param>
    private async Task<T> OnceAsync<T>(string key, Func<CancellationToken, Task<(T, Action)>> read, CancellationToken ct)
    {
        Task<T> work;
        lock (_gate)
        {
            if (_underWay.TryGetValue(key, out var known))
            {
                work = (Task<T>)known;
            }
            else
            {
                var session = _sessions;
                _underWay[key] = work = Task.Run(async () => await RunAsync(session), CancellationToken.None);
            }
        }
        return await work.WaitAsync(ct);

        async Task<T> RunAsync(int session)
        {
            try
            {
                var (value, remember) = await read(background.Ending);
                lock (_gate)
                {
                    if (session == _sessions)
                        remember();
                }
                return value;
            }
            finally
            {
                lock (_gate)
                {
                    if (session == _sessions)
                        _underWay.Remove(key);
                }
            }
        }
    }
}

using System.Collections.Concurrent;

namespace Chat.Client;

/// <summary>Keeps files while the object lives.</summary>
internal sealed class MemoryFiles : IKeptFiles
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new();

    public async Task<long> PutAsync(string key, Stream content, CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, ct);
        _files[key] = bytes.ToArray();
        return bytes.Length;
    }

    public Task<Stream?> OpenAsync(string key, CancellationToken ct) =>
        Task.FromResult<Stream?>(_files.TryGetValue(key, out var bytes) ? new MemoryStream(bytes, writable: false) : null);

    public Task DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken ct)
    {
        foreach (var key in keys)
            _files.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> GetKeysAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>([.. _files.Keys]);

    public void Clear() => _files.Clear();
}

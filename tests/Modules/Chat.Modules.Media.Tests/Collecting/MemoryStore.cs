using System.Collections.Concurrent;
using Chat.Modules.Media.Storage;

namespace Chat.Modules.Media.Tests.Collecting;

/// <summary>Bytes in memory.</summary>
internal sealed class MemoryStore : IMediaStore
{
    private readonly ConcurrentDictionary<string, byte[]> _bytes = new();

    public IEnumerable<string> Keys => _bytes.Keys;

    public byte[]? Find(string key) => _bytes.GetValueOrDefault(key);

    public async Task WriteAsync(string key, Stream content, CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, ct);
        _bytes[key] = bytes.ToArray();
    }

    public Task<Stream?> OpenAsync(string key, CancellationToken ct) => Task.FromResult<Stream?>(Find(key) is { } bytes ? new MemoryStream(bytes) : null);

    public Task DeleteAsync(string key, CancellationToken ct)
    {
        _bytes.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    public Task<StoreProgress> AppendAsync(string key, StoreProgress at, Stream content, CancellationToken ct) => throw new NotSupportedException();

    public Task TakeBackAsync(string key, StoreProgress at, StoreProgress added, CancellationToken ct) => throw new NotSupportedException();

    public Task CompleteAsync(string key, StoreProgress at, CancellationToken ct) => throw new NotSupportedException();

    public Task DiscardAsync(string key, CancellationToken ct) => Task.CompletedTask;

    public Uri? Sign(string key, SignedAnswer answer) => null;
}

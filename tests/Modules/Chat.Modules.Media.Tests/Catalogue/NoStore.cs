using Chat.Modules.Media.Storage;

namespace Chat.Modules.Media.Tests.Catalogue;

/// <summary>A store without a byte.</summary>
internal class NoStore : IMediaStore
{
    public Task WriteAsync(string key, Stream content, CancellationToken ct) => throw new NotSupportedException();

    public virtual Task<Stream?> OpenAsync(string key, CancellationToken ct) => Task.FromResult<Stream?>(null);

    public Task DeleteAsync(string key, CancellationToken ct) => Task.CompletedTask;

    public Task<StoreProgress> AppendAsync(string key, StoreProgress at, Stream content, CancellationToken ct) => throw new NotSupportedException();

    public Task TakeBackAsync(string key, StoreProgress at, StoreProgress added, CancellationToken ct) => throw new NotSupportedException();

    public Task CompleteAsync(string key, StoreProgress at, CancellationToken ct) => throw new NotSupportedException();

    public Task DiscardAsync(string key, CancellationToken ct) => Task.CompletedTask;

    public Uri? Sign(string key, SignedAnswer answer) => null;
}

using System.Collections.Concurrent;

namespace Chat.Client.Tests.Fakes;

/// <summary>A store that can be made to fail, and that tells what was written.</summary>
internal sealed class FlakyStore : IChatStore
{
    private readonly MemoryStore _inner = new();

    /// <summary>Writes for which this is true fail, and change nothing.</summary>
    public Func<IReadOnlyList<StoreChange>, bool> Fails { get; set; } = _ => false;

    public ConcurrentQueue<IReadOnlyList<StoreChange>> Written { get; } = new();

    public IKeptFiles Files => _inner.Files;

    public Task<StoredState> OpenAsync(CancellationToken ct) => _inner.OpenAsync(ct);

    public async Task WriteAsync(IReadOnlyList<StoreChange> changes, CancellationToken ct)
    {
        if (Fails(changes))
            throw new IOException("The disk is full.");
        await _inner.WriteAsync(changes, ct);
        Written.Enqueue(changes);
    }

    public Task<IReadOnlyList<Message>> ReadAsync(string conversationId, SeqNoRange range, int limit, CancellationToken ct) =>
        _inner.ReadAsync(conversationId, range, limit, ct);

    public Task<IReadOnlyList<Notice>> ReadNoticesAsync(string conversationId, SeqNoRange range, CancellationToken ct) =>
        _inner.ReadNoticesAsync(conversationId, range, ct);

    public Task<OthersCount> CountOthersAsync(string conversationId, SeqNoRange range, string userId, int limit, CancellationToken ct) =>
        _inner.CountOthersAsync(conversationId, range, userId, limit, ct);

    public Task CloseAsync() => _inner.CloseAsync();
}

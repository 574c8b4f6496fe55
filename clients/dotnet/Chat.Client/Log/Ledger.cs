using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>What the client knows: first in the store, then here. Changed on the loop alone; read from anywhere.</summary>
internal sealed class Ledger(IChatStore store, TimeProvider clock, ILogger log)
{
    private volatile State _state = new(new StoredInstallation(""), ImmutableDictionary<string, StoredConversation>.Empty, [], null, 0);
    private volatile bool _storageFailed;

    /// <summary>Called after each change, on the loop, with what it was made of and the state before.</summary>
    public event Func<Draft, State, Task>? Committed;

    /// <summary>The store began or ceased to fail.</summary>
    public event Action? StorageChanged;

    public State State => _state;

    public bool StorageFailed => _storageFailed;

    public async Task OpenAsync(CancellationToken ct)
    {
        var stored = await GuardAsync(() => store.OpenAsync(ct));
        var draft = new Draft(_state);
        draft.Put(stored.Installation ?? new StoredInstallation(DeviceIds.Next()));
        draft.Keep(stored);
        if (stored.Installation?.Tokens is not null)
            draft.Unhide();
        await CommitAsync(draft);
    }

    public Draft Begin() => new(_state);

    public StoredConversation FindOrNew(Draft draft, string conversationId) =>
        draft.Now.Find(conversationId) ?? new StoredConversation { Id = conversationId, KnownSince = clock.GetUtcNow() };

    /// <summary>Writes a change, then makes it true.</summary>
    /// <exception cref="ChatException"><c>storage</c>: it could not be written, and nothing has changed.</exception>
    public async Task CommitAsync(Draft draft)
    {
        var changes = draft.Changes();
        if (changes.Count > 0)
        {
            await GuardAsync(async () =>
            {
                await store.WriteAsync(changes, CancellationToken.None);
                return true;
            });
        }
        var before = _state;
        if (changes.Count == 0 && draft.Now == before)
            return;
        _state = draft.Now;
        if (Committed is { } committed)
            await committed(draft, before);
    }

    public Task<IReadOnlyList<Message>> ReadAsync(string conversationId, Span stretch, int limit) =>
        GuardAsync(() => store.ReadAsync(conversationId, stretch, limit, CancellationToken.None));

    public Task<int> CountOthersAsync(string conversationId, Span stretch, int limit) =>
        GuardAsync(() => store.CountOthersAsync(conversationId, stretch, _state.UserId ?? "", limit, CancellationToken.None));

    public Task CloseAsync() => store.CloseAsync();

    private async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            var result = await work();
            SetFailed(false);
            return result;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.StoreFailed(e);
            SetFailed(true);
            throw new ChatException(ErrorCodes.Storage, "The store cannot be read or written.", cause: e);
        }
    }

    private void SetFailed(bool failed)
    {
        if (_storageFailed == failed)
            return;
        _storageFailed = failed;
        StorageChanged?.Invoke();
    }
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>All changes of the state go through here: written to the store, then applied. Changed only on the loop; read from any thread.</summary>
internal sealed class Journal(IChatStore store, TimeProvider clock, ILogger log)
{
    private volatile State _state = new(new StoredInstallation(""), ImmutableDictionary<string, StoredConversation>.Empty, [], null, 0);
    private volatile bool _storageFailed;

    /// <summary>Called on the loop after each change, with the transaction and the state before.</summary>
    public event Func<StateTransaction, State, Task>? Committed;

    /// <summary>The store has begun to fail, or works again.</summary>
    public event Action? StorageChanged;

    public State State => _state;

    public bool StorageFailed => _storageFailed;

    public DateTimeOffset Time => clock.GetUtcNow();

    public async Task OpenAsync(CancellationToken ct)
    {
        var stored = await GuardAsync(() => store.OpenAsync(ct));
        var transaction = new StateTransaction(_state);
        transaction.Put(stored.Installation ?? new StoredInstallation(DeviceIds.Next()));
        transaction.SetHidden(stored);
        if (stored.Installation?.Tokens is not null)
            transaction.Unhide();
        await CommitAsync(transaction);
    }

    public StateTransaction Begin() => new(_state);

    public StoredConversation FindOrNew(StateTransaction transaction, string conversationId) =>
        transaction.Now.Find(conversationId) ?? new StoredConversation { Id = conversationId, KnownSince = clock.GetUtcNow() };

    /// <summary>Writes a change to the store, then applies it.</summary>
    /// <exception cref="ChatException"><c>storage</c>: it could not be written, and nothing has changed.</exception>
    public async Task CommitAsync(StateTransaction transaction)
    {
        var changes = transaction.Changes();
        if (changes.Count > 0)
        {
            await GuardAsync(async () =>
            {
                await store.WriteAsync(changes, CancellationToken.None);
                return true;
            });
        }
        var before = _state;
        if (changes.Count == 0 && transaction.Now == before)
            return;
        _state = transaction.Now;
        if (Committed is { } committed)
            await committed(transaction, before);
    }

    public Task<IReadOnlyList<Message>> ReadAsync(string conversationId, SeqNoRange range, int limit) =>
        GuardAsync(() => store.ReadAsync(conversationId, range, limit, CancellationToken.None));

    public Task<IReadOnlyList<Notice>> ReadNoticesAsync(string conversationId, SeqNoRange range) =>
        GuardAsync(() => store.ReadNoticesAsync(conversationId, range, CancellationToken.None));

    public Task<OthersCount> CountOthersAsync(string conversationId, SeqNoRange range, int limit) =>
        GuardAsync(() => store.CountOthersAsync(conversationId, range, _state.UserId ?? "", limit, CancellationToken.None));

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

using Chat.BuildingBlocks.Caching;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Settings;

/// <summary>
/// Caches what users have set, and is the only way to change it. Changes of one user and conversation run one at a time, so that they are told in the order in
/// which they are stored. When a change returns, later readers here see it, its event is raised, and the other nodes are told. What another process changes is seen
/// at once if it says so on the bus (<see cref="OwnSettingsInvalidator"/>), and <see cref="IOwnSettingsStore.MaxAge"/> later at most.
/// </summary>
internal sealed class OwnSettingsDirectory(
    IOwnSettingsStore store, IMediator mediator, IBus bus, IOptions<MessagingOptions> options, MessagingMetrics metrics, TimeProvider clock) : IDisposable
{
    private const int TurnCount = 64;

    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, TurnCount).Select(_ => new SemaphoreSlim(1))];
    private readonly SnapshotCache<(UserId User, ConversationId Conversation), OwnSettings> _settings = new(
        options.Value.CachedSettings,
        async (key, _) => (await store.ReadAsync(key.User, [key.Conversation], CancellationToken.None)).GetValueOrDefault(key.Conversation, OwnSettings.None) with { Draft = null },
        _ => 1, metrics.Settings, store.MaxAge, clock);

    private readonly SnapshotCache<UserId, AllHidden> _hidden = new(
        options.Value.CachedSettings, async (user, _) => new AllHidden(await store.ReadHiddenAsync(user, AllHidden.Max, CancellationToken.None)), hidden => 1 + (hidden.All?.Count ?? 0),
        metrics.Settings, store.MaxAge, clock);

    // Of users who have very many.
    private readonly SnapshotCache<(UserId User, ConversationId Conversation), OneHidden> _oneHidden = new(
        options.Value.CachedSettings,
        async (key, _) => new OneHidden((await store.ReadHiddenAsync(key.User, [key.Conversation], CancellationToken.None)).GetValueOrDefault(key.Conversation)),
        _ => 1, metrics.Settings, store.MaxAge, clock);

    /// <summary>As they were set, without the draft.</summary>
    public async ValueTask<OwnSettings> FindAsync(UserId user, ConversationId conversation, CancellationToken ct)
    {
        var settings = _settings.TryGet((user, conversation), out var known) ? known : (await _settings.FindAsync((user, conversation)).WaitAsync(ct))!;
        return settings.With(await FindHiddenAsync(user, conversation, ct));
    }

    /// <summary>
    /// What the user has archived or cleared of a conversation. All of a user is read at once, so that asking for many conversations costs one read; but where that is very much, each conversation by itself.
    /// </summary>
    public ValueTask<Hidden> FindHiddenAsync(UserId user, ConversationId conversation, CancellationToken ct)
    {
        return _hidden.TryGet(user, out var known) && known.All is { } all ? ValueTask.FromResult(all.GetValueOrDefault(conversation)) : LoadAsync();

        async ValueTask<Hidden> LoadAsync() =>
            (await _hidden.FindAsync(user).WaitAsync(ct))!.All is { } loaded ? loaded.GetValueOrDefault(conversation)
            : (await _oneHidden.FindAsync((user, conversation)).WaitAsync(ct))!.Hidden;
    }

    /// <summary>As the store has them now, all of them.</summary>
    public async Task<OwnSettings> ReadAsync(UserId user, ConversationId conversation, CancellationToken ct)
    {
        var (settings, hidden) = (store.ReadAsync(user, [conversation], ct), store.ReadHiddenAsync(user, [conversation], ct));
        await Task.WhenAll(settings, hidden);
        return (await settings).GetValueOrDefault(conversation, OwnSettings.None).With((await hidden).GetValueOrDefault(conversation));
    }

    /// <inheritdoc cref="IOwnSettingsStore.SaveAsync"/>
    /// <param name="ct">Cancels only until the save begins.</param>
    public async Task ChangeAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct)
    {
        var turn = _turns[(uint)(user, conversation).GetHashCode() % TurnCount];
        await turn.WaitAsync(ct);
        try
        {
            await SaveAsync(user, conversation, change);
            await mediator.Publish(new OwnSettingsChanged(user, conversation, change), CancellationToken.None);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Another node has changed them: later readers load them.</summary>
    public void Invalidate(SettingsChanged change) => Forget(change.User, change.Conversation);

    /// <summary>Other nodes may have changed any: later readers load them.</summary>
    public void DoubtAll()
    {
        _settings.DoubtAll();
        _hidden.DoubtAll();
        _oneHidden.DoubtAll();
    }

    public void Dispose() => Array.ForEach(_turns, turn => turn.Dispose());

    private void Forget(UserId user, ConversationId conversation)
    {
        _settings.Forget((user, conversation));
        // Where it was very much, it is so for ever: no row is ever deleted.
        if (!(_hidden.TryGet(user, out var known) && known.All is null))
            _hidden.Forget(user);
        _oneHidden.Forget((user, conversation));
    }

    private async Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change)
    {
        try
        {
            await store.SaveAsync(user, conversation, change, CancellationToken.None);
        }
        finally
        {
            // Also after a fault: the change may have been stored.
            Forget(user, conversation);
            bus.Broadcast(SettingsChanged.Topic, new SettingsChanged(user, conversation).Encode());
        }
    }
}

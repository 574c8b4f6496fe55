using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Caching;

/// <summary>
/// The groups in use, in memory, and the one way to change a group. Changes of one group come one after the other, each decided on what the
/// one before left, and are in memory and in its events when they are answered. What another process changes in the store is told
/// <see cref="IGroupStore.MaxAge"/> later at most.
/// </summary>
internal sealed class GroupDirectory : IDisposable
{
    private const int LockCount = 64;
    private const int MaxAttempts = 8;

    // What an entry costs beside its members, in members.
    private const int EntryWeight = 4;

    private readonly IGroupStore _store;
    private readonly IMediator _mediator;
    private readonly GroupsMetrics _metrics;
    private readonly GroupLimits _limits;
    private readonly SnapshotCache<ConversationId, GroupState> _groups;
    private readonly SnapshotCache<UserId, UserGroups> _users;
    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, LockCount).Select(_ => new SemaphoreSlim(1))];

    public GroupDirectory(IGroupStore store, IMediator mediator, IOptions<GroupsOptions> options, GroupsMetrics metrics, TimeProvider clock)
    {
        (_store, _mediator, _metrics) = (store, mediator, metrics);
        _limits = new(options.Value.MaxGroupsPerUser, options.Value.MaxGroupsByStrangers);
        _groups = new(
            options.Value.CachedMembers, LoadAsync, group => EntryWeight + group.Members.Count, metrics.Of("groups"), store.MaxAge, clock);
        _users = new(
            options.Value.CachedMemberships, async (user, _) => new UserGroups(await store.FindGroupsOfAsync(user, CancellationToken.None)),
            user => EntryWeight + user.Count, metrics.Of("users"), store.MaxAge, clock);
    }

    /// <summary>The group, where it is in memory.</summary>
    public bool TryGet(ConversationId id, [NotNullWhen(true)] out GroupState? group) => _groups.TryGet(id, out group);

    /// <summary>The group; null where there is none, as for a direct conversation.</summary>
    public Task<GroupState?> FindAsync(ConversationId id, CancellationToken ct) =>
        id.IsDirect ? Task.FromResult<GroupState?>(null) : _groups.FindAsync(id).WaitAsync(ct);

    /// <summary>The groups of a user, where they are in memory.</summary>
    public bool TryGetGroupsOf(UserId user, [NotNullWhen(true)] out UserGroups? groups) => _users.TryGet(user, out groups);

    public async Task<UserGroups> FindGroupsOfAsync(UserId user, CancellationToken ct) => (await _users.FindAsync(user).WaitAsync(ct))!;

    /// <summary>Makes a new group of a change that has none before it.</summary>
    /// <param name="decide">A rule, given those to leave out; more than once where some are in too many groups.</param>
    /// <param name="ct">Gives up before the change was begun.</param>
    public async Task<Result<GroupState>> CreateAsync(ConversationId id, Func<IReadOnlySet<UserId>, Result<GroupChange>> decide, CancellationToken ct)
    {
        using var turn = await LockAsync(id, ct);
        return await SaveWithRetriesAsync((leftOut, _) => Task.FromResult<Result<GroupChange>?>(decide(leftOut)), ct);
    }

    /// <summary>Changes a group.</summary>
    /// <param name="id">Which; where there is none, the answer is <see cref="GroupsErrors.NotAMember"/>.</param>
    /// <param name="decide">
    /// A rule, applied to the group as it is and given those to leave out; more than once where other nodes change it too, or some are in too many groups.
    /// </param>
    /// <param name="ct">Gives up before the change was begun; from then on it is finished and its events are raised.</param>
    public async Task<Result<GroupState>> ChangeAsync(
        ConversationId id, Func<GroupState, IReadOnlySet<UserId>, Result<GroupChange>> decide, CancellationToken ct)
    {
        using var turn = await LockAsync(id, ct);
        return await SaveWithRetriesAsync(async (leftOut, cancelled) => await FindAsync(id, cancelled) is { } group ? decide(group, leftOut) : (Result<GroupChange>?)null, ct);
    }

    public Task<Result<GroupState>> ChangeAsync(ConversationId id, Func<GroupState, Result<GroupChange>> decide, CancellationToken ct) =>
        ChangeAsync(id, (group, _) => decide(group), ct);

    public void Dispose() => Array.ForEach(_locks, turn => turn.Dispose());

    private async Task<GroupState?> LoadAsync(ConversationId id, Snapshot<GroupState>? before)
    {
        // Most groups are as they were: their version says so for less.
        if (before is { IsStale: false } old && await _store.FindVersionAsync(id, CancellationToken.None) == old.Value.Version)
            return old.Value;
        var now = await _store.FindAsync(id, CancellationToken.None);
        if (before is { } known && known.Value.Version != now?.Version && GroupState.ChangedMemberships(known.Value, now) is { Count: > 0 } users)
        {
            foreach (var user in users)
                _users.Forget(user);
            await _mediator.Publish(new MembershipsFoundChanged(id, users), CancellationToken.None);
        }
        return now;
    }

    private async Task<Result<GroupState>> SaveWithRetriesAsync(
        Func<IReadOnlySet<UserId>, CancellationToken, Task<Result<GroupChange>?>> decide, CancellationToken ct)
    {
        var leftOut = new HashSet<UserId>();
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await decide(leftOut, ct) is not { } decided)
                return GroupsErrors.NotAMember;
            if (decided.Error is { } refusal)
                return Refuse(refusal);
            if (decided.Value.IsNone)
                return decided.Value.After;
            if (await TrySaveAsync(decided.Value, leftOut, ct) is { } result)
                return result;
        }
        throw new StoreUnavailableException("The group, or a list of groups, is being changed by others all the time.");
    }

    /// <summary>Null where the change was decided on a version that is out of date, or on users who are in too many groups.</summary>
    private async Task<Result<GroupState>?> TrySaveAsync(GroupChange change, HashSet<UserId> leftOut, CancellationToken ct)
    {
        SaveOutcome outcome;
        try
        {
            outcome = await _store.SaveAsync(change, _limits, ct);
        }
        catch
        {
            // It may have happened: the next who asks reads the store.
            _groups.MarkStale(change.After.Id);
            ForgetUsers(change);
            throw;
        }

        switch (outcome)
        {
            case SaveOutcome.OutOfDate:
                _groups.MarkStale(change.After.Id);
                return null;
            case SaveOutcome.TooManyGroups:
                // How many groups others are in concerns nobody: the group is made without them.
                var full = await _store.FindFullAsync(change, _limits, ct);
                if (change.Added.Any(member => change.JoiningOf(member) == Joining.Own && full.Contains(member.User)))
                    return Refuse(GroupsErrors.TooManyGroups(_limits.PerUser));
                leftOut.UnionWith(full);
                _metrics.LeftOut(full.Count);
                return null;
        }

        ForgetUsers(change);
        if (change.After.Members.Count > 0)
            _groups.Put(change.After.Id, change.After);
        else
            _groups.Forget(change.After.Id);
        // Durable from here on: a caller that hangs up must not keep it from the others. Within the turn, so that events keep the changes' order.
        await RaiseAsync(change.Events);
        return change.After;
    }

    // All of them, though a subscriber fails: then the command is answered as failed, and asked again it finds the change made.
    private async Task RaiseAsync(IReadOnlyList<IEvent> events)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var raised in events)
        {
            try
            {
                await _mediator.Publish(raised, CancellationToken.None);
            }
            catch (Exception e)
            {
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }
        first?.Throw();
    }

    // Title and number of members stand in every member's list.
    private void ForgetUsers(GroupChange change)
    {
        foreach (var member in change.Before?.Members ?? [])
            _users.Forget(member.User);
        foreach (var member in change.Added)
            _users.Forget(member.User);
    }

    private Error Refuse(Error refusal)
    {
        if (refusal.Code == ErrorCodes.TooLarge)
            _metrics.OverLimit();
        return refusal;
    }

    private async Task<Turn> LockAsync(ConversationId id, CancellationToken ct)
    {
        var turn = _locks[(uint)id.GetHashCode() % LockCount];
        await turn.WaitAsync(ct);
        return new Turn(turn);
    }

    private readonly struct Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}

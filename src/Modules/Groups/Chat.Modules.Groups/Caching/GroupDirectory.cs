using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Chat.BuildingBlocks.Caching;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Notices;
using Chat.Modules.Groups.Store;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Caching;

/// <summary>
/// Caches groups, and is the only way to change one. Changes of one group run one at a time, each on the result of the one before. When a change returns,
/// the cache has it, its notices are in the log or will be, its events are raised, and the other nodes are told. What another process changes in the store is seen at once if it says so on the bus
/// (<see cref="GroupInvalidator"/>), and <see cref="IGroupStore.MaxAge"/> later at most.
/// </summary>
internal sealed class GroupDirectory
{
    private const int MaxAttempts = 8;

    // The weight of an entry itself, in members.
    private const int EntryWeight = 4;

    private readonly IGroupStore _store;
    private readonly IMediator _mediator;
    private readonly IBus _bus;
    private readonly NoticeAppender _notices;
    private readonly GroupsMetrics _metrics;
    private readonly GroupLimits _limits;
    private readonly SnapshotCache<ConversationId, GroupState> _groups;
    private readonly SnapshotCache<UserId, UserGroups> _users;
    private readonly GroupTurns _turns = new();

    public GroupDirectory(
        IGroupStore store, NoticeAppender notices, IMediator mediator, IBus bus, IOptions<GroupsOptions> options, GroupsMetrics metrics, TimeProvider clock)
    {
        (_store, _notices, _mediator, _bus, _metrics) = (store, notices, mediator, bus, metrics);
        _limits = new(options.Value.MaxGroupsPerUser, options.Value.MaxGroupsByStrangers);
        _groups = new(
            options.Value.CachedMembers, LoadAsync, group => EntryWeight + group.Members.Count, metrics.Of("groups"), store.MaxAge, clock);
        _users = new(
            options.Value.CachedMemberships, async (user, _) => new UserGroups(await store.FindGroupsOfAsync(user, CancellationToken.None)),
            user => EntryWeight + user.Count, metrics.Of("users"), store.MaxAge, clock);
    }

    /// <summary>The group, if it is cached.</summary>
    public bool TryGet(ConversationId id, [NotNullWhen(true)] out GroupState? group) => _groups.TryGet(id, out group);

    /// <summary>The group; null if there is none, as for a direct conversation.</summary>
    public Task<GroupState?> FindAsync(ConversationId id, CancellationToken ct) =>
        id.IsDirect ? Task.FromResult<GroupState?>(null) : _groups.FindAsync(id).WaitAsync(ct);

    /// <summary>The groups of a user, if they are cached.</summary>
    public bool TryGetGroupsOf(UserId user, [NotNullWhen(true)] out UserGroups? groups) => _users.TryGet(user, out groups);

    public async Task<UserGroups> FindGroupsOfAsync(UserId user, CancellationToken ct) => (await _users.FindAsync(user).WaitAsync(ct))!;

    /// <summary>Creates a group.</summary>
    /// <param name="decide">A rule of <see cref="GroupRules"/>, given the users to leave out. Called again if some are in too many groups.</param>
    /// <param name="ct">Cancels only until the save begins.</param>
    public async Task<Result<GroupState>> CreateAsync(ConversationId id, Func<IReadOnlySet<UserId>, Result<GroupChange>> decide, CancellationToken ct)
    {
        using var turn = await _turns.TakeAsync(id, ct);
        if (turn is null)
            return Error.Unavailable;
        return await SaveWithRetriesAsync((leftOut, _) => Task.FromResult<Result<GroupChange>?>(decide(leftOut)), isFromStore: true, id, ct);
    }

    /// <summary>Changes a group.</summary>
    /// <param name="id">If there is none, the answer is <see cref="GroupsErrors.NotAMember"/>.</param>
    /// <param name="decide">
    /// A rule of <see cref="GroupRules"/>, given the present group and the users to leave out. Called again if another node changed the group, or if some are in
    /// too many groups.
    /// </param>
    /// <param name="ct">Cancels only until the save begins; after that the save completes and the events are raised.</param>
    public async Task<Result<GroupState>> ChangeAsync(
        ConversationId id, Func<GroupState, IReadOnlySet<UserId>, Result<GroupChange>> decide, CancellationToken ct)
    {
        using var turn = await _turns.TakeAsync(id, ct);
        if (turn is null)
            return Error.Unavailable;
        // Without a maximum age nobody else writes to the store.
        return await SaveWithRetriesAsync(
            async (leftOut, cancelled) => await FindAsync(id, cancelled) is { } group ? decide(group, leftOut) : (Result<GroupChange>?)null,
            isFromStore: _store.MaxAge == Timeout.InfiniteTimeSpan, id, ct);
    }

    public Task<Result<GroupState>> ChangeAsync(ConversationId id, Func<GroupState, Result<GroupChange>> decide, CancellationToken ct) =>
        ChangeAsync(id, (group, _) => decide(group), ct);

    /// <summary>Another node has changed a group: later readers load it, and the lists of these users.</summary>
    public void Invalidate(GroupChanged change)
    {
        _groups.MarkStale(change.Group);
        foreach (var user in change.Users)
            _users.Forget(user);
    }

    /// <summary>After <see cref="Invalidate"/>: raises <see cref="MembershipsFoundChanged"/> though nobody reads the group.</summary>
    public async Task RefreshAsync(GroupChanged change)
    {
        if (_groups.Contains(change.Group))
            await _groups.FindAsync(change.Group);
        else if (change.Users.Count > 0)
            await _mediator.Publish(new MembershipsFoundChanged(change.Group, change.Users), CancellationToken.None);
    }

    /// <summary>Other nodes may have changed any group: later readers compare with the store.</summary>
    public void DoubtAll()
    {
        _groups.DoubtAll();
        _users.DoubtAll();
    }

    /// <summary>The groups that are cached.</summary>
    public IReadOnlyList<ConversationId> Cached => _groups.Keys;

    /// <summary>After <see cref="DoubtAll"/>: the same as <see cref="RefreshAsync(GroupChanged)"/>, for a group that is cached.</summary>
    public async Task RefreshAsync(ConversationId group)
    {
        if (_groups.Contains(group))
            await _groups.FindAsync(group);
    }

    private async Task<GroupState?> LoadAsync(ConversationId id, Snapshot<GroupState>? before)
    {
        // Most groups are unchanged: reading the version is cheaper.
        if (before is { IsStale: false } old && await _store.FindVersionAsync(id, CancellationToken.None) == old.Value.Version)
            return old.Value;
        var now = await _store.FindAsync(id, CancellationToken.None);
        if (before is not { } known || known.Value.Version == now?.Version)
            return now;
        // Every member's list contains the title and the number of members.
        foreach (var member in known.Value.Members.Concat(now?.Members ?? []))
            _users.Forget(member.User);
        if (GroupState.ChangedMemberships(known.Value, now) is { Count: > 0 } users)
            await _mediator.Publish(new MembershipsFoundChanged(id, users), CancellationToken.None);
        return now;
    }

    /// <param name="isFromStore">Whether what is decided on cannot be older than what the store has.</param>
    private async Task<Result<GroupState>> SaveWithRetriesAsync(
        Func<IReadOnlySet<UserId>, CancellationToken, Task<Result<GroupChange>?>> decide, bool isFromStore, ConversationId id, CancellationToken ct)
    {
        var leftOut = new HashSet<UserId>();
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await decide(leftOut, ct) is not { } decided)
                return GroupsErrors.NotAMember;
            // Only a save is compared with the store: what another node has changed may allow the change, or need it.
            if (!isFromStore && (!decided.IsOk || decided.Value.IsNone))
            {
                isFromStore = true;
                _groups.MarkStale(id);
                continue;
            }
            if (decided.Error is { } refusal)
                return Refuse(refusal);
            if (decided.Value.IsNone)
            {
                // Who made the change may have died before its notice was in the log.
                await _notices.AppendAsync(id);
                return decided.Value.After;
            }
            if (await TrySaveAsync(decided.Value, leftOut, ct) is { } result)
                return result;
        }
        throw new StoreUnavailableException("The group, or a user's list of groups, was changed by others at every attempt.");
    }

    /// <summary>Null if the change must be decided again: the version is out of date, or users are in too many groups.</summary>
    private async Task<Result<GroupState>?> TrySaveAsync(GroupChange change, HashSet<UserId> leftOut, CancellationToken ct)
    {
        SaveOutcome outcome;
        try
        {
            outcome = await _store.SaveAsync(change, _limits, ct);
        }
        catch
        {
            // The save may have happened: the next reader loads from the store.
            _groups.MarkStale(change.After.Id);
            ForgetUsers(change);
            TellNodes(change);
            throw;
        }

        switch (outcome)
        {
            case SaveOutcome.OutOfDate:
                _groups.MarkStale(change.After.Id);
                return null;
            case SaveOutcome.TooManyNotices:
                return Refuse(GroupsErrors.NoticesWait);
            case SaveOutcome.TooManyGroups:
                // How many groups others are in must not be revealed: they are left out without an error.
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
        await TellAsync(change);
        // Durable from here on, so not cancelled with the request. In the group's turn, so that events keep the order of changes.
        await RaiseAsync(change.Events);
        return change.After;
    }

    // A change's notice is in the log before anybody hears of the change, and writes because of it. But who was removed must not be told on another node.
    private async Task TellAsync(GroupChange change)
    {
        if (change.Removed is not null)
            TellNodes(change);
        if (change.Notices.Count > 0)
            await _notices.AppendAsync(change.After.Id);
        if (change.Removed is null)
            TellNodes(change);
    }

    // Raises all events even if a subscriber fails. Then the command fails, and a retry finds the change made.
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

    // Every member's list contains the title and the number of members.
    private void ForgetUsers(GroupChange change)
    {
        foreach (var member in change.Before?.Members ?? [])
            _users.Forget(member.User);
        foreach (var member in change.Added)
            _users.Forget(member.User);
    }

    private void TellNodes(GroupChange change)
    {
        var users = change.Added.Select(member => member.User);
        if (change.Removed is { } removed)
            users = users.Append(removed.User);
        _bus.Broadcast(GroupChanged.Topic, new GroupChanged(change.After.Id, [.. users]).Encode());
    }

    private Error Refuse(Error refusal)
    {
        if (refusal.Code == ErrorCodes.TooLarge)
            _metrics.OverLimit();
        return refusal;
    }
}

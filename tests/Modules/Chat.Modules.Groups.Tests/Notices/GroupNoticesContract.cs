using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Notices;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Notices;

/// <summary>Each change of a group is told once in its log, in the order of the changes: on every store, whoever dies in between.</summary>
public abstract class GroupNoticesContract : IDisposable
{
    private static readonly (string Told, Func<GroupState, Result<GroupChange>> Decide)[] Changes =
    [
        ("ann titleChanged Runners", group => GroupRules.Change(group, User("ann"), "Runners", null)),
        ("ann memberAdded dan,eve", group => GroupRules.Add(group, User("ann"), Users("dan", "eve"), SeqNo.None, 100)),
        ("bob left bob", group => GroupRules.Remove(group, User("bob"), User("bob"))),
    ];

    private readonly TestMeters _meters = new();
    private readonly NoticeLog _log = new();

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected FakeTimeProvider Clock { get; } = new(Now);

    private protected static Task<CqlFault> Healthy() => Task.FromResult(CqlFault.None);

    public virtual void Dispose()
    {
        _meters.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The store as a node sees it.</summary>
    /// <param name="meets">What each of its steps meets.</param>
    private protected abstract IGroupStore Open(Func<Task<CqlFault>> meets);

    [Fact]
    public async Task Whatever_step_a_node_dies_at_each_change_is_told_once_and_in_order()
    {
        for (var n = 1; await DiesAtAsync(n); n++)
        {
        }
    }

    [Fact]
    public async Task What_the_log_did_not_take_is_told_later_and_what_follows_waits()
    {
        var (isAway, id) = (false, ConversationId.NewGroup());
        using var node = new Node(this, Healthy, () => Task.FromResult(isAway ? CqlFault.NotSent : CqlFault.None));
        await node.CreateAsync(id);
        isAway = true;
        await node.ChangeAsync(id, Changes[0].Decide);
        isAway = false;
        Assert.Equal(["ann created bob,cid Walkers"], _log.Told);

        await node.ChangeAsync(id, Changes[1].Decide);

        Assert.Equal(["ann created bob,cid Walkers", Changes[0].Told, Changes[1].Told], _log.Told);
        Assert.Empty(await node.Store.FindNoticesAsync(id, Ct));
    }

    [Fact]
    public async Task Changes_are_refused_where_too_much_of_earlier_ones_is_still_to_be_told()
    {
        var (isAway, id) = (true, ConversationId.NewGroup());
        using var node = new Node(this, Healthy, () => Task.FromResult(isAway ? CqlFault.NotSent : CqlFault.None));
        await node.CreateAsync(id);
        var (made, refused) = (1, default(Error));
        while (refused is null && made < 600)
        {
            refused = (await node.ChangeAsync(id, group => GroupRules.Change(group, User("ann"), $"{made} {new string('x', 90)}", null))).Error;
            made += refused is null ? 1 : 0;
        }

        Assert.Equal(GroupsErrors.NoticesWait, refused);
        Assert.Equal(made, await node.Store.FindVersionAsync(id, Ct));
        Assert.InRange(NoticeJson.Encode(await node.Store.FindNoticesAsync(id, Ct)).Length, PendingNotices.MaxBytes / 2, PendingNotices.MaxBytes + 1_000);
        isAway = false;
        Clock.Advance(TimeSpan.FromMinutes(1));
        await node.SweepAsync();
        Assert.True((await node.ChangeAsync(id, Changes[2].Decide)).IsOk);
        Assert.Equal(Changes[2].Told, _log.Told[^1]);
        Assert.Equal(made + 1, _log.Told.Distinct().Count());
        Clock.Advance(TimeSpan.FromMinutes(11));
        await node.SweepAsync();
        Assert.Empty(await node.Store.FindGroupsWithNoticesAsync(Ct));
    }

    [Fact]
    public async Task The_last_member_leaves_whatever_is_still_to_be_told()
    {
        var id = ConversationId.NewGroup();
        using var node = new Node(this, Healthy, () => Task.FromResult(CqlFault.NotSent));
        await node.CreateAsync(id);
        foreach (var user in Users("bob", "cid"))
            await node.ChangeAsync(id, group => GroupRules.Remove(group, user, user));
        for (var n = 0; n < 600; n++)
            await node.ChangeAsync(id, group => GroupRules.Change(group, User("ann"), $"{n} {new string('x', 90)}", null));

        Assert.False((await node.ChangeAsync(id, group => GroupRules.Change(group, User("ann"), "one more", null))).IsOk);
        Assert.True((await node.ChangeAsync(id, group => GroupRules.Remove(group, User("ann"), User("ann")))).IsOk);
        Assert.Null(await node.Store.FindVersionAsync(id, Ct));
    }

    [Fact]
    public async Task A_change_tried_again_is_answered_when_its_notice_is_in_the_log()
    {
        var (isAway, id) = (false, ConversationId.NewGroup());
        using var dying = new Node(this, Healthy, () => Task.FromResult(isAway ? CqlFault.NotSent : CqlFault.None));
        await dying.CreateAsync(id);
        isAway = true;
        await dying.ChangeAsync(id, Changes[0].Decide);
        using var other = new Node(this, Healthy, Healthy);

        await other.ChangeAsync(id, Changes[0].Decide);

        Assert.Equal(["ann created bob,cid Walkers", Changes[0].Told], _log.Told);
    }

    private async Task<bool> DiesAtAsync(int n)
    {
        var (log, steps, id) = (new NoticeLog(), 0, ConversationId.NewGroup());
        Task<CqlFault> MeetAsync() => Task.FromResult(Interlocked.Increment(ref steps) is var step && step < n ? CqlFault.None : step == n ? CqlFault.NotAnswered : CqlFault.NotSent);

        using (var dying = new Node(this, MeetAsync, MeetAsync, log))
        {
            await TryAsync(() => dying.CreateAsync(id));
            foreach (var (_, decide) in Changes)
                await TryAsync(() => dying.ChangeAsync(id, decide));
        }
        var died = steps >= n;

        using var other = new Node(this, Healthy, Healthy, log);
        // The dying one had its turn.
        Clock.Advance(TimeSpan.FromMinutes(1));
        await other.SweepAsync();
        var made = (int)((await other.Store.FindVersionAsync(id, Ct)) ?? 0);
        Assert.Equal(((string[])["ann created bob,cid Walkers", .. Changes.Select(change => change.Told)])[..made], log.Told);
        Assert.Empty(await other.Store.FindNoticesAsync(id, Ct));
        if (made > 0)
        {
            await other.ChangeAsync(id, group => GroupRules.Change(group, User("ann"), "Last", null));
            Assert.Equal((made + 1, "ann titleChanged Last"), (log.Told.Count, log.Told[^1]));
        }
        // A while later nothing is left to be looked at.
        Clock.Advance(TimeSpan.FromMinutes(11));
        await other.SweepAsync();
        Assert.Empty(await other.Store.FindGroupsWithNoticesAsync(Ct));
        return died;
    }

    private static async Task TryAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (StoreUnavailableException)
        {
            // It is dead.
        }
    }

    /// <summary>A server, with a log that is the same for all.</summary>
    private protected sealed class Node : IDisposable
    {
        private readonly GroupDirectory _directory;
        private readonly NoticeSweep _sweep;

        public Node(GroupNoticesContract test, Func<Task<CqlFault>> store, Func<Task<CqlFault>> log, NoticeLog? appendsTo = null)
        {
            var (mediator, metrics, options) = (new FakeMediator(), new GroupsMetrics(test._meters), Options.Create(new GroupsOptions()));
            Store = test.Open(store);
            var notices = new NoticeAppender(Store, (appendsTo ?? test._log).Through(log), metrics, NullLogger<NoticeAppender>.Instance);
            _directory = new GroupDirectory(Store, notices, mediator, new FakeBus(), options, metrics, test.Clock);
            _sweep = new NoticeSweep(notices, Store, options, test.Clock, NullLogger<NoticeSweep>.Instance);
        }

        public IGroupStore Store { get; }

        public Task CreateAsync(ConversationId id) => _directory.CreateAsync(
            id, _ => GroupRules.Create(id, User("ann"), "Walkers", GroupHistory.All, Users("bob", "cid"), Now, 100), Ct);

        public Task<Result<GroupState>> ChangeAsync(ConversationId id, Func<GroupState, Result<GroupChange>> decide) => _directory.ChangeAsync(id, decide, Ct);

        public Task SweepAsync() => _sweep.SweepAsync(Ct);

        public void Dispose()
        {
            _sweep.Dispose();
        }
    }
}

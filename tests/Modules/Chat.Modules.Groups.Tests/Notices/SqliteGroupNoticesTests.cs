using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Notices;

public sealed class SqliteGroupNoticesTests : GroupNoticesContract
{
    private readonly TemporaryStores _stores = new("groups", typeof(GroupsModule).Assembly);

    public override void Dispose()
    {
        base.Dispose();
        _stores.Dispose();
    }

    [Fact]
    public async Task While_a_group_waits_for_its_log_others_are_changed_and_not_very_many_wait()
    {
        var (slow, reached) = (new TaskCompletionSource<CqlFault>(), new TaskCompletionSource());
        using var node = new Node(this, Healthy, () => reached.TrySetResult() ? slow.Task : Healthy());
        var group = ConversationId.NewGroup();
        var creating = node.CreateAsync(group);
        await reached.Task;

        foreach (var other in Enumerable.Range(0, 300).Select(_ => ConversationId.NewGroup()))
            await node.CreateAsync(other).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        var changes = Enumerable.Range(0, 100).Select(n => node.ChangeAsync(group, state => GroupRules.Change(state, User("ann"), $"{n}", null))).ToList();
        var refused = await Task.WhenAll(changes.Where(change => change.IsCompleted));

        Assert.Equal(100 - GroupTurns.MaxWaiting, refused.Length);
        Assert.All(refused, answer => Assert.Equal(ErrorCodes.Unavailable, answer.Error?.Code));
        slow.SetResult(CqlFault.None);
        await creating;
        Assert.Equal(GroupTurns.MaxWaiting, (await Task.WhenAll(changes)).Count(answer => answer.IsOk));
        Assert.True((await node.ChangeAsync(group, state => GroupRules.Change(state, User("ann"), "after", null))).IsOk);
    }

    private protected override IGroupStore Open(Func<Task<CqlFault>> meets)
    {
        _stores.Close();
        return new FaultyStore(new SqliteGroupStore(_stores.Database), meets);
    }

    /// <summary>A store whose calls get lost.</summary>
    private sealed class FaultyStore(IGroupStore inner, Func<Task<CqlFault>> meets) : IGroupStore
    {
        public TimeSpan MaxAge => inner.MaxAge;

        public Task<GroupState?> FindAsync(ConversationId group, CancellationToken ct) => MeetAsync(() => inner.FindAsync(group, ct));

        public Task<long?> FindVersionAsync(ConversationId group, CancellationToken ct) => MeetAsync(() => inner.FindVersionAsync(group, ct));

        public Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct) => MeetAsync(() => inner.FindGroupsOfAsync(user, ct));

        public Task<IReadOnlyList<UserId>> FindSharingAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct) =>
            MeetAsync(() => inner.FindSharingAsync(user, others, ct));

        public Task<SaveOutcome> SaveAsync(GroupChange change, GroupLimits limits, CancellationToken ct) => MeetAsync(() => inner.SaveAsync(change, limits, ct));

        public Task<IReadOnlyList<UserId>> FindFullAsync(GroupChange change, GroupLimits limits, CancellationToken ct) => MeetAsync(() => inner.FindFullAsync(change, limits, ct));

        public Task<IReadOnlyList<PendingNotices>> FindNoticesAsync(ConversationId group, CancellationToken ct) => MeetAsync(() => inner.FindNoticesAsync(group, ct));

        public Task RemoveNoticesAsync(ConversationId group, IReadOnlyList<PendingNotices> appended, CancellationToken ct) => MeetAsync(async () =>
        {
            await inner.RemoveNoticesAsync(group, appended, ct);
            return true;
        });

        public Task<IReadOnlyList<ConversationId>> FindGroupsWithNoticesAsync(CancellationToken ct) => MeetAsync(() => inner.FindGroupsWithNoticesAsync(ct));

        private async Task<T> MeetAsync<T>(Func<Task<T>> run)
        {
            var fault = await meets();
            if (fault is not CqlFault.NotSent)
            {
                var result = await run();
                if (fault is CqlFault.None)
                    return result;
            }
            throw new StoreUnavailableException("No answer in time.");
        }
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Caching;

public sealed class GroupDirectoryTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_happens_at_once_the_group_has_one_owner_and_its_events_tell_how_it_came_to_be()
    {
        using var groups = new GroupsUnderTest();
        var people = Enumerable.Range(0, 8).Select(n => $"user{n}").ToArray();
        var id = (await groups.CreateAsync("ann", people)).Value.Id;

        await Task.WhenAll(people.Select((me, seed) => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var step = 0; step < 100; step++)
            {
                var other = people[random.Next(people.Length)];
                _ = random.Next(6) switch
                {
                    0 => (await groups.RemoveAsync(id, me, me)).IsOk,
                    1 => (await groups.RemoveAsync(id, me, other)).IsOk,
                    2 => (await groups.ChangeRoleAsync(id, me, other, GroupRole.Owner)).IsOk,
                    3 => (await groups.ChangeRoleAsync(id, me, other, GroupRole.Admin)).IsOk,
                    // Ann never leaves, but may have to find out that she is no longer the owner.
                    4 => (await groups.AddAsync(id, "ann", me)).IsOk,
                    _ => (await groups.AddAsync(id, me, other)).IsOk,
                };
                Assert.True(groups.Directory.TryGet(id, out var now));
                Assert.Single(now.Members, member => member.Role == GroupRole.Owner);
            }
        }, Ct)));

        Assert.True(groups.Directory.TryGet(id, out var inMemory));
        Assert.Equal((await groups.Store.FindAsync(id, Ct)).Told(), inMemory.Told());
        Assert.Equal(Replayed(groups.Mediator.Published.Cast<IEvent>()), inMemory.Members.ToDictionary(m => m.User, m => m.Role));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everybody_sees_their_own_change_as_soon_as_it_is_answered(bool inOneGroup)
    {
        using var groups = new GroupsUnderTest();
        var shared = (await groups.CreateAsync("ann")).Value.Id;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            var me = $"user{n}";
            var id = inOneGroup ? shared : (await groups.CreateAsync("ann")).Value.Id;
            for (var step = 0; step < 50; step++)
            {
                await groups.AddAsync(id, "ann", me);
                Assert.NotNull(await groups.MembershipAsync(id, me));
                Assert.Contains(User(me), await groups.MembersAsync(id));
                Assert.Contains(await groups.GroupsOfAsync(me), group => group.Group == id);
                Assert.True(await groups.ShareAsync("ann", me));

                await groups.RemoveAsync(id, me, me);
                Assert.Null(await groups.MembershipAsync(id, me));
                Assert.DoesNotContain(User(me), await groups.MembersAsync(id));
                Assert.Empty(await groups.GroupsOfAsync(me));
                Assert.False(await groups.ShareAsync(me, "ann"));
            }
        }, Ct)));
    }

    [Fact]
    public async Task A_change_by_another_node_is_found_out_and_decided_again()
    {
        using var groups = new GroupsUnderTest();
        var id = (await groups.CreateAsync("ann", "bob")).Value.Id;
        var elsewhere = (await groups.Store.FindAsync(id, Ct))!;
        await groups.Store.SaveAsync(GroupRules.ChangeRole(elsewhere, User("ann"), User("bob"), GroupRole.Owner).Value, new GroupLimits(10, 10), Ct);

        var refused = await groups.ChangeRoleAsync(id, "ann", "bob", GroupRole.Admin);

        Assert.Equal(GroupsErrors.Forbidden, refused.Error);
        Assert.Empty(groups.Raised<RoleChanged>());
    }

    [Fact]
    public async Task After_a_change_that_may_have_happened_the_store_is_asked()
    {
        var store = new FailingStore();
        using var groups = new GroupsUnderTest(wrap: store.On);
        var id = (await groups.CreateAsync("ann", "bob")).Value.Id;
        await groups.GroupsOfAsync("bob");

        store.FailsAfterSaving = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => groups.RemoveAsync(id, "ann", "bob"));

        Assert.Null(await groups.MembershipAsync(id, "bob"));
        Assert.Empty(await groups.GroupsOfAsync("bob"));
    }

    [Fact]
    public async Task A_group_changed_by_others_all_the_time_is_given_up_on()
    {
        var store = new FailingStore();
        using var groups = new GroupsUnderTest(wrap: store.On);
        var id = (await groups.CreateAsync("ann")).Value.Id;

        store.IsAlwaysOutOfDate = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => groups.AddAsync(id, "ann", "bob"));

        store.IsAlwaysOutOfDate = false;
        Assert.True((await groups.AddAsync(id, "ann", "bob")).IsOk);
    }

    [Fact]
    public async Task Groups_that_do_not_fit_in_memory_are_answered_all_the_same()
    {
        // Room for two groups of this size, not for three.
        using var groups = new GroupsUnderTest(new GroupsOptions { CachedMembers = 25, CachedMemberships = 25 });
        string[] others = ["b1", "b2", "b3", "b4", "b5"];
        var ids = new List<ConversationId>();
        foreach (var owner in new[] { "ann", "bob", "cid", "dan" })
            ids.Add((await groups.CreateAsync(owner, others)).Value.Id);

        for (var round = 0; round < 3; round++)
        {
            foreach (var id in ids)
                Assert.Equal(6, (await groups.MembersAsync(id)).Count);
            foreach (var user in others)
                Assert.Equal(4, (await groups.GroupsOfAsync(user)).Count);
        }

        Assert.InRange(ids.Count(id => groups.Directory.TryGet(id, out _)), 1, 2);
    }

    private static Dictionary<UserId, GroupRole> Replayed(IEnumerable<IEvent> events)
    {
        var roles = new Dictionary<UserId, GroupRole>();
        foreach (var raised in events)
        {
            switch (raised)
            {
                case GroupCreated created:
                    foreach (var user in created.Members)
                        roles.Add(user, user == created.Owner ? GroupRole.Owner : GroupRole.Member);
                    break;
                case MembersAdded added:
                    foreach (var user in added.Members)
                        roles.Add(user, GroupRole.Member);
                    break;
                case MemberRemoved removed:
                    Assert.True(roles.Remove(removed.Member));
                    break;
                case RoleChanged changed:
                    Assert.True(roles.ContainsKey(changed.Member));
                    roles[changed.Member] = changed.Role;
                    break;
            }
        }
        return roles;
    }

    [Fact]
    public async Task What_another_node_changes_is_told_when_what_is_in_memory_is_too_old()
    {
        var store = new FailingStore { MaxAge = TimeSpan.FromMilliseconds(500) };
        using var groups = new GroupsUnderTest(wrap: store.On);
        var group = (await groups.CreateAsync("ann", "bob")).Value.Id;
        await groups.GroupsOfAsync("bob");

        var asItIs = (await groups.Store.FindAsync(group, Ct))!;
        await groups.Store.SaveAsync(GroupRules.Remove(asItIs, User("ann"), User("bob")).Value, new GroupLimits(10, 10), Ct);
        Assert.NotNull(await groups.MembershipAsync(group, "bob"));

        groups.Clock.Advance(TimeSpan.FromMilliseconds(501));
        Assert.Null(await groups.MembershipAsync(group, "bob"));
        Assert.Empty(await groups.GroupsOfAsync("bob"));
    }

    [Fact]
    public async Task Memberships_that_another_node_has_changed_are_told_when_they_are_found()
    {
        var store = new FailingStore { MaxAge = TimeSpan.FromMilliseconds(500) };
        using var groups = new GroupsUnderTest(wrap: store.On);
        var group = (await groups.CreateAsync("ann", "bob", "cid", "dan")).Value.Id;
        await ElsewhereAsync(groups, group, now => GroupRules.Remove(now, User("ann"), User("bob")));
        await ElsewhereAsync(groups, group, now => GroupRules.Add(now, User("ann"), [User("eve")], new SeqNo(3), 10));
        // The last one: it has the same ordinal again.
        await ElsewhereAsync(groups, group, now => GroupRules.Add(now, User("ann"), [User("fay")], new SeqNo(3), 10));
        await ElsewhereAsync(groups, group, now => GroupRules.Remove(now, User("ann"), User("fay")));
        await ElsewhereAsync(groups, group, now => GroupRules.Remove(now, User("ann"), User("dan")));
        await ElsewhereAsync(groups, group, now => GroupRules.Add(now, User("ann"), [User("dan")], new SeqNo(4), 10));
        Assert.Empty(groups.Raised<MembershipsFoundChanged>());

        groups.Clock.Advance(TimeSpan.FromMilliseconds(501));
        await groups.MembersAsync(group);
        groups.Clock.Advance(TimeSpan.FromMilliseconds(501));
        await groups.MembersAsync(group);

        var found = Assert.Single(groups.Raised<MembershipsFoundChanged>());
        Assert.Equal(Users("bob", "dan", "eve"), found.Users.OrderBy(user => user.Value));
    }

    [Fact]
    public async Task So_are_those_found_by_a_change_of_this_node_that_was_too_late()
    {
        using var groups = new GroupsUnderTest();
        var group = (await groups.CreateAsync("ann", "bob")).Value.Id;
        await ElsewhereAsync(groups, group, now => GroupRules.Add(now, User("ann"), [User("eve")], new SeqNo(3), 10));

        await groups.AddAsync(group, "ann", "fay");

        Assert.Equal(Users("eve"), Assert.Single(groups.Raised<MembershipsFoundChanged>()).Users);
        Assert.Equal(Users("fay"), Assert.Single(groups.Raised<MembersAdded>()).Members);
    }

    [Fact]
    public async Task So_are_those_of_a_change_that_got_no_answer_and_had_happened()
    {
        var store = new FailingStore();
        using var groups = new GroupsUnderTest(wrap: store.On);
        var group = (await groups.CreateAsync("ann", "bob")).Value.Id;

        store.FailsAfterSaving = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => groups.AddAsync(group, "ann", "eve"));
        await groups.MembersAsync(group);

        Assert.Equal(Users("eve"), Assert.Single(groups.Raised<MembershipsFoundChanged>()).Users);
    }

    private static async Task ElsewhereAsync(GroupsUnderTest groups, ConversationId group, Func<GroupState, Result<GroupChange>> decide) =>
        await groups.Store.SaveAsync(decide((await groups.Store.FindAsync(group, Ct))!).Value, new GroupLimits(10, 10), Ct);

    [Fact]
    public async Task A_group_that_is_as_it_was_is_not_read_again_as_a_whole()
    {
        var store = new FailingStore { MaxAge = TimeSpan.FromMilliseconds(500) };
        using var groups = new GroupsUnderTest(wrap: store.On);
        var group = (await groups.CreateAsync("ann", "bob")).Value.Id;

        groups.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.NotNull(await groups.MembershipAsync(group, "bob"));
        Assert.Equal(0, store.Finds);
    }

    /// <summary>A store that can be told to fail.</summary>
    private sealed class FailingStore : IGroupStore
    {
        private IGroupStore _store = null!;

        public bool FailsAfterSaving { get; set; }

        public bool IsAlwaysOutOfDate { get; set; }

        public FailingStore On(IGroupStore store)
        {
            _store = store;
            return this;
        }

        /// <summary>As if other nodes changed it too.</summary>
        public TimeSpan MaxAge { get; init; } = Timeout.InfiniteTimeSpan;

        public int Finds { get; private set; }

        public Task<GroupState?> FindAsync(ConversationId group, CancellationToken ct)
        {
            Finds++;
            return _store.FindAsync(group, ct);
        }

        public Task<long?> FindVersionAsync(ConversationId group, CancellationToken ct) => _store.FindVersionAsync(group, ct);

        public Task<IReadOnlyList<JoinedGroup>> FindGroupsOfAsync(UserId user, CancellationToken ct) => _store.FindGroupsOfAsync(user, ct);

        public Task<IReadOnlyList<UserId>> FindSharingAsync(UserId user, IReadOnlyCollection<UserId> others, CancellationToken ct) =>
            _store.FindSharingAsync(user, others, ct);

        public Task<IReadOnlyList<UserId>> FindFullAsync(GroupChange change, GroupLimits limits, CancellationToken ct) => _store.FindFullAsync(change, limits, ct);

        public Task<IReadOnlyList<PendingNotices>> FindNoticesAsync(ConversationId group, CancellationToken ct) => _store.FindNoticesAsync(group, ct);

        public Task RemoveNoticesAsync(ConversationId group, IReadOnlyList<PendingNotices> appended, CancellationToken ct) => _store.RemoveNoticesAsync(group, appended, ct);

        public Task<IReadOnlyList<ConversationId>> FindGroupsWithNoticesAsync(CancellationToken ct) => _store.FindGroupsWithNoticesAsync(ct);

        public async Task<SaveOutcome> SaveAsync(GroupChange change, GroupLimits limits, CancellationToken ct)
        {
            if (IsAlwaysOutOfDate)
                return SaveOutcome.OutOfDate;
            var outcome = await _store.SaveAsync(change, limits, ct);
            return FailsAfterSaving ? throw new StoreUnavailableException("No answer in time.") : outcome;
        }
    }
}

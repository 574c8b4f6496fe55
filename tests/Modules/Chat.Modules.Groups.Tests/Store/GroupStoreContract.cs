using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Store;

/// <summary>What every adapter of the port does.</summary>
public abstract class GroupStoreContract
{
    private static readonly GroupLimits NoLimit = new(int.MaxValue, int.MaxValue);

    private static readonly GroupLimits Two = new(2, 2);
    private static readonly GroupLimits Three = new(3, 3);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The store as a node that has just started sees it; the same one each time.</summary>
    private protected abstract IGroupStore Open();

    [Fact]
    public async Task A_group_is_found_as_it_was_saved()
    {
        var store = Open();

        var group = await CreateAsync(store, "ann", "bob", "cid");

        Assert.Equal(group.Told(), (await store.FindAsync(group.Id, Ct)).Told());
        Assert.Null(await store.FindAsync(ConversationId.NewGroup(), Ct));
    }

    [Fact]
    public async Task Of_many_users_those_are_found_who_are_in_a_group_with_one()
    {
        var store = Open();
        await CreateAsync(store, "ann", "bob", "cid");
        await CreateAsync(store, "dan", "ann");
        await CreateAsync(store, "dan", "eve");
        var strangers = Enumerable.Range(0, 50).Select(n => $"stranger{n}");

        Assert.Equal(Users("bob", "cid", "dan"), (await store.FindSharingAsync(User("ann"), Users(["eve", "dan", "cid", .. strangers, "bob"]), Ct)).OrderBy(user => user.Value));
        Assert.Equal(Users("dan"), await store.FindSharingAsync(User("eve"), Users("ann", "bob", "dan"), Ct));
        Assert.Empty(await store.FindSharingAsync(User("nobody"), Users("ann", "bob"), Ct));
        Assert.Empty(await store.FindSharingAsync(User("ann"), [], Ct));
    }

    [Fact]
    public async Task Every_kind_of_change_is_found_as_it_was_saved()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann", "bob", "cid");
        Func<GroupState, GroupChange>[] changes =
        [
            g => GroupRules.Change(g, User("ann"), "Läufer 🏃", GroupHistory.FromJoin).Value,
            g => GroupRules.Add(g, User("ann"), Users("dan", "eve"), new SeqNo(12), 10).Value,
            g => GroupRules.ChangeRole(g, User("ann"), User("cid"), GroupRole.Admin).Value,
            g => GroupRules.ChangeRole(g, User("ann"), User("dan"), GroupRole.Owner).Value,
            g => GroupRules.Remove(g, User("dan"), User("bob")).Value,
            g => GroupRules.Remove(g, User("dan"), User("dan")).Value,
            g => GroupRules.Add(g, User("cid"), Users("bob"), new SeqNo(40), 10).Value,
        ];

        foreach (var change in changes)
        {
            var made = change(group);
            Assert.Equal(SaveOutcome.Saved, await store.SaveAsync(made, NoLimit, Ct));
            group = made.After;
            Assert.Equal(group.Told(), (await store.FindAsync(group.Id, Ct)).Told());
        }

        Assert.Equal(group.Told(), (await Open().FindAsync(group.Id, Ct)).Told());
    }

    [Fact]
    public async Task A_group_without_members_is_gone()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann");

        await store.SaveAsync(GroupRules.Remove(group, User("ann"), User("ann")).Value, NoLimit, Ct);

        Assert.Null(await store.FindAsync(group.Id, Ct));
        Assert.Empty(await store.FindGroupsOfAsync(User("ann"), Ct));
    }

    [Fact]
    public async Task A_change_of_an_older_version_changes_nothing()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann", "bob");
        var first = GroupRules.Change(group, User("ann"), "First", null).Value;
        await store.SaveAsync(first, NoLimit, Ct);

        GroupChange[] second =
        [
            GroupRules.Change(group, User("ann"), "Second", null).Value,
            GroupRules.Add(group, User("ann"), Users("cid"), SeqNo.None, 10).Value,
            GroupRules.Remove(group, User("ann"), User("ann")).Value,
        ];
        foreach (var change in second)
            Assert.Equal(SaveOutcome.OutOfDate, await store.SaveAsync(change, NoLimit, Ct));

        Assert.Equal(first.After.Told(), (await store.FindAsync(group.Id, Ct)).Told());
        Assert.Empty(await store.FindGroupsOfAsync(User("cid"), Ct));
    }

    [Fact]
    public async Task An_ended_group_is_not_changed_any_more()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann");
        await store.SaveAsync(GroupRules.Remove(group, User("ann"), User("ann")).Value, NoLimit, Ct);

        var late = GroupRules.Add(group, User("ann"), Users("bob"), SeqNo.None, 10).Value;

        Assert.Equal(SaveOutcome.OutOfDate, await store.SaveAsync(late, NoLimit, Ct));
        Assert.Empty(await store.FindGroupsOfAsync(User("bob"), Ct));
    }

    [Fact]
    public async Task Of_concurrent_changes_of_one_version_one_is_saved()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann", "bob", "cid", "dan");

        var outcomes = await Task.WhenAll(Users("bob", "cid", "dan").Select(user =>
            store.SaveAsync(GroupRules.ChangeRole(group, User("ann"), user, GroupRole.Owner).Value, NoLimit, Ct)));

        Assert.Single(outcomes, SaveOutcome.Saved);
        Assert.Single((await store.FindAsync(group.Id, Ct))!.Members, member => member.Role == GroupRole.Owner);
    }

    [Fact]
    public async Task The_groups_of_a_user_show_title_size_and_membership_as_they_are_now()
    {
        var store = Open();
        var walkers = await CreateAsync(store, "ann", "bob");
        var singers = await CreateAsync(store, "cid");
        await CreateAsync(store, "cid");
        var renamed = GroupRules.Change(walkers, User("ann"), "Runners", null).Value;
        var joined = GroupRules.Add(singers.With("Walkers", GroupHistory.FromJoin), User("cid"), Users("bob"), new SeqNo(9), 10).Value;

        await store.SaveAsync(renamed, NoLimit, Ct);
        await store.SaveAsync(joined with { Before = singers }, NoLimit, Ct);

        var groups = await store.FindGroupsOfAsync(User("bob"), Ct);
        Assert.Equal(
            [
                new JoinedGroup(walkers.Id, "Runners", 2, FromTheBeginning, Now),
                new JoinedGroup(singers.Id, "Walkers", 2, new Membership(new SeqNo(9), new SeqNo(9)), Now),
            ],
            groups.OrderBy(group => group.Title));
    }

    [Fact]
    public async Task A_user_is_in_as_many_groups_as_the_limit_and_in_no_more()
    {
        var store = Open();
        var first = await CreateAsync(store, "ann", "bob");
        await CreateAsync(store, "eve", "bob");
        var third = await CreateAsync(store, "cid");

        var adding = GroupRules.Add(third, User("cid"), Users("dan", "bob"), SeqNo.None, 10).Value;
        var refused = await store.SaveAsync(adding, Two, Ct);

        Assert.Equal(SaveOutcome.TooManyGroups, refused);
        Assert.Equal(Users("bob"), await store.FindFullAsync(adding, Two, Ct));
        Assert.Equal(third.Told(), (await store.FindAsync(third.Id, Ct)).Told());

        await store.SaveAsync(GroupRules.Remove(first, User("bob"), User("bob")).Value, Two, Ct);

        Assert.Empty(await store.FindFullAsync(adding, Two, Ct));
        Assert.Equal(SaveOutcome.Saved, await store.SaveAsync(adding, Two, Ct));
    }

    [Fact]
    public async Task Own_groups_those_by_acquaintances_and_those_by_strangers_are_counted_each_for_itself()
    {
        var store = Open();
        var limits = new GroupLimits(PerUser: 2, ByStrangers: 1);

        Assert.Equal(SaveOutcome.Saved, await CreateWithBobAsync("mallory", isStranger: true));
        Assert.Equal(SaveOutcome.TooManyGroups, await CreateWithBobAsync("mallory", isStranger: true));
        for (var n = 0; n < 2; n++)
        {
            Assert.Equal(SaveOutcome.Saved, await CreateWithBobAsync("ann", isStranger: false));
            Assert.Equal(SaveOutcome.Saved, await store.SaveAsync(Created("bob"), limits, Ct));
        }
        Assert.Equal(SaveOutcome.TooManyGroups, await CreateWithBobAsync("ann", isStranger: false));
        Assert.Equal(SaveOutcome.TooManyGroups, await store.SaveAsync(Created("bob"), limits, Ct));
        Assert.Equal(5, (await store.FindGroupsOfAsync(User("bob"), Ct)).Count);

        Task<SaveOutcome> CreateWithBobAsync(string owner, bool isStranger) =>
            store.SaveAsync(Created(owner, "bob") with { Strangers = isStranger ? Users("bob").ToHashSet() : [] }, limits, Ct);
    }

    [Fact]
    public async Task A_limit_of_none_leaves_no_room()
    {
        var store = Open();
        var adding = Created("mallory", "bob") with { Strangers = Users("bob").ToHashSet() };

        Assert.Equal(SaveOutcome.TooManyGroups, await store.SaveAsync(adding, new GroupLimits(2, 0), Ct));
        Assert.Equal(Users("bob"), await store.FindFullAsync(adding, new GroupLimits(2, 0), Ct));
    }

    [Fact]
    public async Task Whoever_adds_a_user_to_many_groups_at_once_stays_within_the_limit_and_leaves_nothing_that_counts()
    {
        var store = Open();
        var groups = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => CreateAsync(store, $"owner{n}")));
        var adding = groups.Select(group => GroupRules.Add(group, group.Members[0].User, Users("bob"), SeqNo.None, 10).Value).ToList();

        var atOnce = await Task.WhenAll(adding.Select(change => store.SaveAsync(change, Three, Ct)));
        var saved = atOnce.Count(outcome => outcome == SaveOutcome.Saved);
        Assert.InRange(saved, 0, 3);
        Assert.Equal(saved, (await store.FindGroupsOfAsync(User("bob"), Ct)).Count);

        foreach (var change in adding.Where((_, n) => atOnce[n] != SaveOutcome.Saved))
            saved += await store.SaveAsync(change, Three, Ct) == SaveOutcome.Saved ? 1 : 0;
        Assert.Equal(3, saved);
        Assert.Equal(3, (await store.FindGroupsOfAsync(User("bob"), Ct)).Count);
    }

    [Fact]
    public async Task Of_concurrent_additions_of_a_user_one_is_saved_and_the_user_has_the_group()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann");
        var additions = Enumerable.Range(0, 6).Select(n => GroupRules.Add(
            group, User("ann"), n % 2 == 0 ? Users("bob") : Users("cid", "bob"), new SeqNo(n), 10).Value);

        var outcomes = await Task.WhenAll(additions.Select(change => store.SaveAsync(change, NoLimit, Ct)));

        Assert.Single(outcomes, SaveOutcome.Saved);
        var now = (await store.FindAsync(group.Id, Ct))!;
        Assert.Equal(group.Id, Assert.Single(await store.FindGroupsOfAsync(User("bob"), Ct)).Group);
        Assert.Equal(now.Find(User("cid")) is null ? 0 : 1, (await store.FindGroupsOfAsync(User("cid"), Ct)).Count);
    }

    [Fact]
    public async Task A_version_is_that_of_the_group_as_it_is()
    {
        var store = Open();
        var group = await CreateAsync(store, "ann");
        Assert.Equal(1, await store.FindVersionAsync(group.Id, Ct));

        await store.SaveAsync(GroupRules.Change(group, User("ann"), "Runners", null).Value, NoLimit, Ct);

        Assert.Equal(2, await store.FindVersionAsync(group.Id, Ct));
        Assert.Null(await store.FindVersionAsync(ConversationId.NewGroup(), Ct));
    }

    [Fact]
    public async Task Groups_of_thousands_are_saved_and_found()
    {
        var store = Open();
        var group = await CreateAsync(store, [.. Enumerable.Range(0, 3000).Select(n => $"user{n}")]);

        Assert.Equal(group.Told(), (await store.FindAsync(group.Id, Ct)).Told());
    }

    private static async Task<GroupState> CreateAsync(IGroupStore store, params string[] users)
    {
        var change = Created(users);
        Assert.Equal(SaveOutcome.Saved, await store.SaveAsync(change, NoLimit, Ct));
        return change.After;
    }

    private static GroupChange Created(params string[] users) => GroupRules.Create(
        ConversationId.NewGroup(), User(users[0]), "Walkers", GroupHistory.All, Users(users[1..]), Now, int.MaxValue).Value;
}

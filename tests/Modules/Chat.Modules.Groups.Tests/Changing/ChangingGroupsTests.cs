using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Changing;

public sealed class ChangingGroupsTests : IDisposable
{
    private readonly GroupsUnderTest _groups = new(new GroupsOptions { MaxMembers = 4, MaxGroupsPerUser = 2 });

    public void Dispose() => _groups.Dispose();

    [Fact]
    public async Task A_group_is_made_with_its_members_from_the_beginning()
    {
        _groups.Head = () => throw new InvalidOperationException("A new group has no head to ask for.");

        var group = (await _groups.CreateAsync(GroupHistory.FromJoin, "ann", "bob", "nobody.knows.me")).Value;

        Assert.Equal(
            [new(User("ann"), GroupRole.Owner), new(User("bob"), GroupRole.Member), new GroupMember(User("nobody.knows.me"), GroupRole.Member)],
            group.Members);
        Assert.Equal(FromTheBeginning, await _groups.MembershipAsync(group.Id, "bob"));
        var created = Assert.Single(_groups.Raised<GroupCreated>());
        Assert.Equal(Users("ann", "bob", "nobody.knows.me"), created.Members);
    }

    [Theory]
    [InlineData(GroupHistory.All, 0)]
    [InlineData(GroupHistory.FromJoin, 5)]
    public async Task Who_is_added_begins_at_the_head(GroupHistory history, long visibleAfter)
    {
        var id = (await _groups.CreateAsync(history, "ann")).Value.Id;

        _groups.Head = () => new SeqNo(5);
        await _groups.AddAsync(id, "ann", "bob");

        Assert.Equal(new Membership(new SeqNo(5), new SeqNo(visibleAfter)), await _groups.MembershipAsync(id, "bob"));
        Assert.Equal(FromTheBeginning, await _groups.MembershipAsync(id, "ann"));
    }

    [Fact]
    public async Task The_head_is_read_before_the_member_is_in()
    {
        var id = (await _groups.CreateAsync("ann")).Value.Id;
        Membership? whenRead = FromTheBeginning;

        _groups.Head = () =>
        {
            Assert.True(_groups.Directory.TryGet(id, out var group));
            whenRead = group.Find(User("bob"))?.Membership;
            return SeqNo.None;
        };
        await _groups.AddAsync(id, "ann", "bob");

        Assert.Null(whenRead);
    }

    [Fact]
    public async Task Who_leaves_and_is_added_again_begins_anew()
    {
        var id = (await _groups.CreateAsync("ann", "bob", "cid")).Value.Id;
        await _groups.ChangeRoleAsync(id, "ann", "bob", GroupRole.Admin);
        await _groups.RemoveAsync(id, "bob", "bob");
        Assert.Null(await _groups.MembershipAsync(id, "bob"));

        _groups.Head = () => new SeqNo(9);
        var group = (await _groups.AddAsync(id, "ann", "bob")).Value;

        Assert.Equal(new GroupMember(User("bob"), GroupRole.Member), group.Members[^1]);
        Assert.Equal(new SeqNo(9), (await _groups.MembershipAsync(id, "bob"))!.JoinedAt);
    }

    [Fact]
    public async Task Every_change_raises_its_events_and_what_changes_nothing_raises_none()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;

        await _groups.ChangeAsync(id, "ann", "Runners");
        await _groups.ChangeAsync(id, "ann", "Runners");
        await _groups.AddAsync(id, "ann", "cid", "bob");
        await _groups.AddAsync(id, "ann", "cid");
        await _groups.ChangeRoleAsync(id, "ann", "cid", GroupRole.Admin);
        await _groups.ChangeRoleAsync(id, "ann", "cid", GroupRole.Admin);
        await _groups.RemoveAsync(id, "ann", "ann");

        Assert.Equal(Users("cid"), Assert.Single(_groups.Raised<MembersAdded>()).Members);
        Assert.Equal(
            [
                typeof(GroupCreated), typeof(TitleChanged), typeof(MembersAdded), typeof(RoleChanged), typeof(MemberRemoved), typeof(RoleChanged),
            ],
            _groups.Mediator.Published.Select(raised => raised.GetType()));
        Assert.Equal(new RoleChanged(id, User("cid"), GroupRole.Owner), _groups.Mediator.Published[^1]);
    }

    [Fact]
    public async Task A_group_that_is_full_and_a_user_in_too_many_groups_are_refused_without_a_trace()
    {
        var id = (await _groups.CreateAsync("ann", "bob", "cid")).Value.Id;
        await _groups.CreateAsync("eve");
        await _groups.CreateAsync("eve");
        var raised = _groups.Mediator.Published.Count;

        Assert.Equal(GroupsErrors.TooManyMembers(4), (await _groups.AddAsync(id, "ann", "dan", "fay")).Error);
        Assert.Equal(GroupsErrors.TooManyMembers(4), (await _groups.CreateAsync("ann", "b", "c", "d", "e")).Error);
        Assert.Equal(GroupsErrors.TooManyGroups(2), (await _groups.AddAsync(id, "ann", "eve")).Error);
        Assert.Equal(GroupsErrors.TooManyGroups(2), (await _groups.CreateAsync("eve")).Error);

        Assert.Equal(Users("ann", "bob", "cid"), await _groups.MembersAsync(id));
        Assert.Equal(2, (await _groups.GroupsOfAsync("eve")).Count);
        Assert.Equal(raised, _groups.Mediator.Published.Count);
    }

    [Fact]
    public async Task A_group_of_others_an_unknown_one_and_a_direct_conversation_look_alike()
    {
        var others = (await _groups.CreateAsync("ann", "bob")).Value.Id;

        foreach (var id in new[] { others, ConversationId.NewGroup(), ConversationId.Direct(User("ann"), User("zoe")) })
        {
            Assert.Equal(GroupsErrors.NotAMember, (await _groups.GetAsync(id, "zoe")).Error);
            Assert.Equal(GroupsErrors.NotAMember, (await _groups.ChangeAsync(id, "zoe", "Mine")).Error);
            Assert.Equal(GroupsErrors.NotAMember, (await _groups.AddAsync(id, "zoe", "zoe")).Error);
            Assert.Equal(GroupsErrors.NotAMember, (await _groups.RemoveAsync(id, "zoe", "ann")).Error);
            Assert.Equal(GroupsErrors.NotAMember, (await _groups.RemoveAsync(id, "zoe", "zoe")).Error);
            Assert.Equal(GroupsErrors.NotAMember, (await _groups.ChangeRoleAsync(id, "zoe", "ann", GroupRole.Member)).Error);
        }
    }

    [Fact]
    public async Task The_last_member_ends_the_group()
    {
        var id = (await _groups.CreateAsync("ann")).Value.Id;

        await _groups.RemoveAsync(id, "ann", "ann");

        Assert.Equal(GroupsErrors.NotAMember, (await _groups.GetAsync(id, "ann")).Error);
        Assert.Empty(await _groups.MembersAsync(id));
        Assert.Empty(await _groups.GroupsOfAsync("ann"));
        Assert.Equal([new MemberRemoved(id, User("ann"))], _groups.Raised<MemberRemoved>());
    }

    [Fact]
    public async Task A_restart_keeps_everything()
    {
        var id = (await _groups.CreateAsync(GroupHistory.FromJoin, "ann", "bob")).Value.Id;
        _groups.Head = () => new SeqNo(3);
        await _groups.AddAsync(id, "ann", "cid");
        await _groups.ChangeAsync(id, "ann", "Runners", GroupHistory.All);
        await _groups.ChangeRoleAsync(id, "ann", "cid", GroupRole.Owner);
        Assert.True(_groups.Directory.TryGet(id, out var before));
        var joined = await _groups.GroupsOfAsync("cid");

        _groups.Restart();

        Assert.False(_groups.Directory.TryGet(id, out _));
        Assert.Equal(before.Told(), (await _groups.Directory.FindAsync(id, TestContext.Current.CancellationToken)).Told());
        Assert.Equal(joined, await _groups.GroupsOfAsync("cid"));
        Assert.Equal(new Membership(new SeqNo(3), new SeqNo(3)), await _groups.MembershipAsync(id, "cid"));
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
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
    public async Task A_group_that_is_full_and_a_maker_of_too_many_groups_are_refused_without_a_trace()
    {
        var id = (await _groups.CreateAsync("ann", "bob", "cid")).Value.Id;
        await _groups.CreateAsync("eve");
        await _groups.CreateAsync("eve");
        var raised = _groups.Mediator.Published.Count;

        Assert.Equal(GroupsErrors.TooManyMembers(4), (await _groups.AddAsync(id, "ann", "dan", "fay")).Error);
        Assert.Equal(GroupsErrors.TooManyMembers(4), (await _groups.CreateAsync("ann", "b", "c", "d", "e")).Error);
        Assert.Equal(GroupsErrors.TooManyGroups(2), (await _groups.CreateAsync("eve")).Error);

        Assert.Equal(Users("ann", "bob", "cid"), await _groups.MembersAsync(id));
        Assert.Equal(2, (await _groups.GroupsOfAsync("eve")).Count);
        Assert.Equal(raised, _groups.Mediator.Published.Count);
    }

    [Fact]
    public async Task Strangers_fill_no_more_of_a_user_s_list_than_is_theirs()
    {
        using var groups = new GroupsUnderTest(new GroupsOptions { MaxGroupsPerUser = 2, MaxGroupsByStrangers = 3 });
        for (var n = 0; n < 10; n++)
            Assert.Equal(n < 3 ? Users($"owner{n}", "victim") : Users($"owner{n}"), await MembersOfNewAsync(groups, "owner", "victim", suffix: n));

        // The victim makes groups, and whoever it has written to adds it.
        Assert.True((await groups.CreateAsync("victim")).IsOk);
        groups.HasWritten = _ => true;
        Assert.Equal(Users("friend0", "victim"), await MembersOfNewAsync(groups, "friend", "victim", suffix: 0));
    }

    [Fact]
    public async Task Whoever_cannot_be_added_is_left_out_and_the_others_are_in()
    {
        using var groups = new GroupsUnderTest(new GroupsOptions { MaxGroupsByStrangers = 1 });
        await groups.CreateAsync("eve", "bob");

        var made = (await groups.CreateAsync("ann", "bob", "cid")).Value;
        Assert.Equal(Users("ann", "cid"), made.Members.Select(member => member.User));

        var raised = groups.Mediator.Published.Count;
        Assert.Equal(Users("ann", "cid"), (await groups.AddAsync(made.Id, "ann", "bob")).Value.Members.Select(member => member.User));
        Assert.Equal(raised, groups.Mediator.Published.Count);
        Assert.Equal(Users("ann", "cid", "dan"), (await groups.AddAsync(made.Id, "ann", "bob", "dan")).Value.Members.Select(member => member.User));
    }

    [Fact]
    public async Task Strangers_are_added_and_a_user_is_added_by_them_at_a_rate()
    {
        using var groups = new GroupsUnderTest(
            new GroupsOptions { MaxMembersPerRequest = 5 }, rates: new RateLimitOptions { StrangersAddedPerMinute = 1, AddedByStrangersPerHour = 2 });
        for (var n = 0; n < 3; n++)
            Assert.Equal(n < 2 ? 2 : 1, (await MembersOfNewAsync(groups, "owner", "victim", suffix: n)).Count);
        groups.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(2, (await MembersOfNewAsync(groups, "owner", "victim", suffix: 4)).Count);

        Assert.True((await groups.CreateAsync("ann", "b", "c", "d", "e")).IsOk);
        var refused = (await groups.CreateAsync("ann", "f", "g")).Error;
        Assert.Equal((ErrorCodes.RateLimited, TimeSpan.FromMinutes(1)), (refused?.Code, refused?.RetryAfter));
        groups.HasWritten = user => user == "g";
        Assert.True((await groups.CreateAsync("ann", "f", "g")).IsOk);
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

    [Fact]
    public async Task Where_a_subscriber_fails_the_command_fails_and_the_events_after_it_are_raised()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        _groups.Mediator.FailNextEvent();

        // The owner leaves: two events.
        await Assert.ThrowsAsync<InvalidOperationException>(() => _groups.RemoveAsync(id, "ann", "ann"));

        Assert.Single(_groups.Mediator.Published.Skip(1));
        Assert.Null(await _groups.MembershipAsync(id, "ann"));
    }

    private static async Task<IReadOnlyList<UserId>> MembersOfNewAsync(GroupsUnderTest groups, string owner, string other, int suffix) =>
        [.. (await groups.CreateAsync($"{owner}{suffix}", other)).Value.Members.Select(member => member.User)];
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Domain;

public sealed class GroupRulesTests
{
    private const string Done = "done";
    private const string Nothing = "nothing";
    private const int MaxMembers = 6;

    // Adam and Anna are admins, Mia and Max members, Olga the owner; Zoe is not in.
    private readonly GroupState _group = Group(
        ("olga", GroupRole.Owner), ("max", GroupRole.Member), ("adam", GroupRole.Admin), ("anna", GroupRole.Admin), ("mia", GroupRole.Member));

    [Theory]
    [InlineData("olga", Done)]
    [InlineData("adam", Done)]
    [InlineData("mia", ErrorCodes.Forbidden)]
    [InlineData("zoe", ErrorCodes.NotAMember)]
    public void Owner_and_admins_change_title_and_history(string caller, string expected)
    {
        var result = GroupRules.Change(_group, User(caller), "Runners", GroupHistory.FromJoin);

        Assert.Equal(expected, Outcome(result));
        if (expected == Done)
        {
            Assert.Equal(("Runners", GroupHistory.FromJoin), (result.Value.After.Title, result.Value.After.History));
            Assert.Equal([new TitleChanged(_group.Id, "Runners")], result.Value.Events);
        }
    }

    [Fact]
    public void What_is_not_given_stays_and_a_change_to_what_is_already_so_is_none()
    {
        var history = GroupRules.Change(_group, User("olga"), null, GroupHistory.FromJoin).Value;
        var same = GroupRules.Change(_group, User("olga"), _group.Title, _group.History).Value;

        Assert.Equal("Walkers", history.After.Title);
        Assert.Empty(history.Events);
        Assert.True(same.IsNone);
    }

    [Theory]
    [InlineData("olga", "zoe", Done)]
    [InlineData("adam", "zoe", Done)]
    [InlineData("mia", "zoe", ErrorCodes.Forbidden)]
    [InlineData("zoe", "zoe", ErrorCodes.NotAMember)]
    [InlineData("olga", "mia", Nothing)]
    [InlineData("adam", "olga", Nothing)]
    [InlineData("mia", "max", ErrorCodes.Forbidden)]
    public void Owner_and_admins_add_whoever_is_not_in(string caller, string user, string expected)
    {
        var result = GroupRules.Add(_group, User(caller), Users(user), new SeqNo(7), MaxMembers);

        Assert.Equal(expected, Outcome(result));
        if (expected == Done)
            Assert.Equal(GroupRole.Member, result.Value.After.Find(User(user))!.Role);
    }

    [Fact]
    public void Who_is_added_stands_last_once_and_the_event_names_only_the_new()
    {
        var change = GroupRules.Add(_group, User("olga"), Users("mia", "zoe", "zoe"), new SeqNo(7), MaxMembers).Value;

        Assert.Equal(Users("olga", "max", "adam", "anna", "mia", "zoe"), change.After.Members.Select(member => member.User));
        var added = Assert.IsType<MembersAdded>(Assert.Single(change.Events));
        Assert.Equal(Users("zoe"), added.Members);
    }

    [Theory]
    [InlineData(GroupHistory.All, 0)]
    [InlineData(GroupHistory.FromJoin, 7)]
    public void Who_is_added_begins_at_the_head_and_sees_what_the_group_lets_joiners_see(GroupHistory history, long visibleAfter)
    {
        var group = _group.With("Walkers", history);

        var added = GroupRules.Add(group, User("olga"), Users("zoe"), new SeqNo(7), MaxMembers).Value.After;

        Assert.Equal(new Membership(new SeqNo(7), new SeqNo(visibleAfter)), added.Find(User("zoe"))!.Membership);
        Assert.Equal(FromTheBeginning, added.Find(User("mia"))!.Membership);
    }

    [Fact]
    public void A_group_grows_up_to_its_limit_and_not_beyond()
    {
        var full = GroupRules.Add(_group, User("olga"), Users("zoe"), SeqNo.None, MaxMembers).Value.After;

        Assert.Equal(MaxMembers, full.Members.Count);
        Assert.Equal(GroupsErrors.TooManyMembers(MaxMembers), GroupRules.Add(full, User("olga"), Users("yan"), SeqNo.None, MaxMembers).Error);
        Assert.Equal(Nothing, Outcome(GroupRules.Add(full, User("olga"), Users("zoe"), SeqNo.None, MaxMembers)));
    }

    [Theory]
    [InlineData("olga", "olga", Done)]
    [InlineData("olga", "adam", Done)]
    [InlineData("olga", "mia", Done)]
    [InlineData("olga", "zoe", ErrorCodes.NotFound)]
    [InlineData("adam", "olga", ErrorCodes.Forbidden)]
    [InlineData("adam", "adam", Done)]
    [InlineData("adam", "anna", ErrorCodes.Forbidden)]
    [InlineData("adam", "mia", Done)]
    [InlineData("adam", "zoe", ErrorCodes.NotFound)]
    [InlineData("mia", "olga", ErrorCodes.Forbidden)]
    [InlineData("mia", "adam", ErrorCodes.Forbidden)]
    [InlineData("mia", "max", ErrorCodes.Forbidden)]
    [InlineData("mia", "mia", Done)]
    [InlineData("mia", "zoe", ErrorCodes.Forbidden)]
    [InlineData("zoe", "olga", ErrorCodes.NotAMember)]
    [InlineData("zoe", "adam", ErrorCodes.NotAMember)]
    [InlineData("zoe", "mia", ErrorCodes.NotAMember)]
    [InlineData("zoe", "zoe", ErrorCodes.NotAMember)]
    public void Members_leave_and_are_removed_by_a_higher_role(string caller, string user, string expected)
    {
        var result = GroupRules.Remove(_group, User(caller), User(user));

        Assert.Equal(expected, Outcome(result));
        if (expected == Done)
        {
            Assert.Null(result.Value.After.Find(User(user)));
            Assert.Equal(new MemberRemoved(_group.Id, User(user)), result.Value.Events[0]);
        }
    }

    [Fact]
    public void An_owner_who_leaves_hands_over_to_the_longest_serving_admin()
    {
        var change = GroupRules.Remove(_group, User("olga"), User("olga")).Value;

        Assert.Equal(GroupRole.Owner, change.After.Find(User("adam"))!.Role);
        Assert.Equal([new MemberRemoved(_group.Id, User("olga")), new RoleChanged(_group.Id, User("adam"), GroupRole.Owner)], change.Events);
    }

    [Fact]
    public void Without_admins_an_owner_who_leaves_hands_over_to_the_longest_serving_member()
    {
        var group = Group(("mia", GroupRole.Member), ("olga", GroupRole.Owner), ("max", GroupRole.Member));

        var after = GroupRules.Remove(group, User("olga"), User("olga")).Value.After;

        Assert.Equal([(User("mia"), GroupRole.Owner), (User("max"), GroupRole.Member)], after.Members.Select(m => (m.User, m.Role)));
    }

    [Fact]
    public void With_its_last_member_the_group_ends()
    {
        var group = Group(("olga", GroupRole.Owner));

        var change = GroupRules.Remove(group, User("olga"), User("olga")).Value;

        Assert.Empty(change.After.Members);
        Assert.Equal([new MemberRemoved(group.Id, User("olga"))], change.Events);
    }

    [Theory]
    [InlineData("olga", "mia", GroupRole.Admin, Done)]
    [InlineData("olga", "mia", GroupRole.Owner, Done)]
    [InlineData("olga", "mia", GroupRole.Member, Nothing)]
    [InlineData("olga", "adam", GroupRole.Member, Done)]
    [InlineData("olga", "adam", GroupRole.Owner, Done)]
    [InlineData("olga", "adam", GroupRole.Admin, Nothing)]
    [InlineData("olga", "olga", GroupRole.Owner, Nothing)]
    [InlineData("olga", "olga", GroupRole.Admin, ErrorCodes.BadRequest)]
    [InlineData("olga", "olga", GroupRole.Member, ErrorCodes.BadRequest)]
    [InlineData("olga", "zoe", GroupRole.Admin, ErrorCodes.NotFound)]
    [InlineData("adam", "mia", GroupRole.Admin, ErrorCodes.Forbidden)]
    [InlineData("adam", "adam", GroupRole.Owner, ErrorCodes.Forbidden)]
    [InlineData("adam", "zoe", GroupRole.Admin, ErrorCodes.Forbidden)]
    [InlineData("mia", "mia", GroupRole.Owner, ErrorCodes.Forbidden)]
    [InlineData("mia", "olga", GroupRole.Member, ErrorCodes.Forbidden)]
    [InlineData("zoe", "mia", GroupRole.Admin, ErrorCodes.NotAMember)]
    [InlineData("zoe", "zoe", GroupRole.Owner, ErrorCodes.NotAMember)]
    public void The_owner_alone_changes_roles_but_for_its_own(string caller, string user, GroupRole role, string expected)
    {
        var result = GroupRules.ChangeRole(_group, User(caller), User(user), role);

        Assert.Equal(expected, Outcome(result));
        if (expected == Done)
            Assert.Equal(role, result.Value.After.Find(User(user))!.Role);
    }

    [Fact]
    public void Making_somebody_owner_makes_the_caller_an_admin()
    {
        var change = GroupRules.ChangeRole(_group, User("olga"), User("mia"), GroupRole.Owner).Value;

        Assert.Equal(GroupRole.Admin, change.After.Find(User("olga"))!.Role);
        Assert.Equal(
            [new RoleChanged(_group.Id, User("olga"), GroupRole.Admin), new RoleChanged(_group.Id, User("mia"), GroupRole.Owner)], change.Events);
    }

    [Fact]
    public void A_new_group_has_its_maker_as_owner_and_everybody_once()
    {
        var id = ConversationId.NewGroup();

        var change = GroupRules.Create(id, User("olga"), "Walkers", GroupHistory.All, Users("mia", "olga", "mia", "max"), Now, MaxMembers).Value;

        Assert.Equal(
            [(User("olga"), GroupRole.Owner), (User("mia"), GroupRole.Member), (User("max"), GroupRole.Member)],
            change.After.Members.Select(member => (member.User, member.Role)));
        Assert.All(change.After.Members, member => Assert.Equal(FromTheBeginning, member.Membership));
        var created = Assert.IsType<GroupCreated>(Assert.Single(change.Events));
        Assert.Equal((id, User("olga")), (created.Group, created.Owner));
        Assert.Equal(Users("olga", "mia", "max"), created.Members);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void A_new_group_has_at_most_the_limit_with_its_owner(int others, bool allowed)
    {
        var users = Enumerable.Range(0, others).Select(n => User($"user{n}"));

        var result = GroupRules.Create(ConversationId.NewGroup(), User("olga"), "Walkers", GroupHistory.All, users, Now, MaxMembers);

        Assert.Equal(allowed, result.IsOk);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_is_done_there_is_one_owner_and_the_difference_told_is_the_difference(int seed)
    {
        var random = new Random(seed);
        var people = Users("ann", "bob", "cid", "dan", "eve", "fay");
        var group = Group(("ann", GroupRole.Owner));

        for (var step = 0; step < 2000; step++)
        {
            var (caller, user) = (people[random.Next(people.Length)], people[random.Next(people.Length)]);
            var result = random.Next(4) switch
            {
                0 => GroupRules.Remove(group, caller, user),
                1 => GroupRules.ChangeRole(group, caller, user, (GroupRole)random.Next(3)),
                2 => GroupRules.Change(group, caller, $"title {random.Next(3)}", null),
                _ => GroupRules.Add(group, caller, [user, people[random.Next(people.Length)]], new SeqNo(step), MaxMembers),
            };
            if (!result.IsOk || result.Value.IsNone)
                continue;

            var change = result.Value;
            Assert.Equal(group.Version + 1, change.After.Version);
            Assert.Equal(Applied(change), change.After.Members.Select(Line));
            Assert.Equal(change.After.Members.OrderBy(member => member.Ordinal), change.After.Members);
            if (change.After.Members.Count > 0)
                Assert.Single(change.After.Members, member => member.Role == GroupRole.Owner);
            group = change.After.Members.Count > 0 ? change.After : Group(("ann", GroupRole.Owner));
        }
    }

    private static IEnumerable<string> Applied(GroupChange change) => change.Before!.Members
        .Where(member => member.User != change.Removed?.User)
        .Select(member => change.Changed.SingleOrDefault(now => now.User == member.User) ?? member)
        .Concat(change.Added)
        .Select(Line);

    private static string Line(Member member) => $"{member.Ordinal} {member.User} {member.Role} {member.Membership}";

    private static string Outcome(Result<GroupChange> result) => result.Error?.Code ?? (result.Value.IsNone ? Nothing : Done);
}

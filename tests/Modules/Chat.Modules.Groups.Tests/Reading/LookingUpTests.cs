using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Reading;

public sealed class LookingUpTests : IDisposable
{
    private readonly GroupsUnderTest _groups = new();

    public void Dispose() => _groups.Dispose();

    [Fact]
    public async Task A_direct_conversation_is_its_own_membership_list()
    {
        var direct = ConversationId.Direct(User("bob"), User("ann"));

        Assert.Equal(Users("ann", "bob"), await _groups.MembersAsync(direct));
        Assert.Equal(FromTheBeginning, await _groups.MembershipAsync(direct, "ann"));
        Assert.Equal(FromTheBeginning, await _groups.MembershipAsync(direct, "bob"));
        Assert.Null(await _groups.MembershipAsync(direct, "an"));
        Assert.Null(await _groups.MembershipAsync(direct, "zoe"));
    }

    [Fact]
    public async Task A_member_s_role_is_told_and_of_nobody_else()
    {
        var id = (await _groups.CreateAsync("ann", "bob", "cat")).Value.Id;
        await _groups.ChangeRoleAsync(id, "ann", "bob", GroupRole.Admin);

        Assert.Equal(GroupRole.Owner, await _groups.RoleAsync(id, "ann"));
        Assert.Equal(GroupRole.Admin, await _groups.RoleAsync(id, "bob"));
        Assert.Equal(GroupRole.Member, await _groups.RoleAsync(id, "cat"));
        Assert.Null(await _groups.RoleAsync(id, "zoe"));
        Assert.Null(await _groups.RoleAsync(ConversationId.NewGroup(), "ann"));
        Assert.Null(await _groups.RoleAsync(ConversationId.Direct(User("ann"), User("bob")), "ann"));
    }

    [Fact]
    public async Task A_group_s_title_is_the_present_one()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        await _groups.ChangeAsync(id, "ann", "Another title");

        Assert.Equal("Another title", await _groups.TitleAsync(id));
        Assert.Null(await _groups.TitleAsync(ConversationId.NewGroup()));
        Assert.Null(await _groups.TitleAsync(ConversationId.Direct(User("ann"), User("bob"))));
    }

    [Fact]
    public async Task A_group_that_does_not_exist_has_no_members()
    {
        var unknown = ConversationId.NewGroup();

        Assert.Empty(await _groups.MembersAsync(unknown));
        Assert.Null(await _groups.MembershipAsync(unknown, "ann"));
        Assert.Empty(await _groups.GroupsOfAsync("ann"));
    }

    [Fact]
    public async Task A_group_in_use_is_answered_at_once_with_the_same_objects()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        await _groups.GroupsOfAsync("ann");
        await _groups.GroupsOfAsync("bob");

        Assert.Same(_groups.MembersAsync(id), _groups.MembersAsync(id));
        Assert.Same(_groups.MembershipAsync(id, "bob"), _groups.MembershipAsync(id, "bob"));
        Assert.Same(_groups.MembershipAsync(id, "zoe"), _groups.MembershipAsync(id, "zoe"));
        Assert.Same(_groups.GroupsOfAsync("ann"), _groups.GroupsOfAsync("ann"));
        Assert.Same(_groups.ShareAsync("ann", "bob"), _groups.ShareAsync("bob", "ann"));
        Assert.Same(await _groups.MembersAsync(id), await _groups.MembersAsync(id));
    }

    [Fact]
    public async Task After_a_restart_everything_is_loaded_again()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;

        _groups.Restart();
        Assert.Equal(FromTheBeginning, await _groups.MembershipAsync(id, "bob"));
        _groups.Restart();
        Assert.Equal(Users("ann", "bob"), await _groups.MembersAsync(id));
        _groups.Restart();
        Assert.True(await _groups.ShareAsync("ann", "bob"));
        _groups.Restart();
        Assert.Equal([new JoinedGroup(id, "Walkers", 2, FromTheBeginning, Now)], await _groups.GroupsOfAsync("bob"));
    }

    [Fact]
    public async Task The_groups_of_a_user_follow_every_change()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        await _groups.GroupsOfAsync("ann");

        await _groups.ChangeAsync(id, "ann", "Runners");
        Assert.Equal("Runners", Assert.Single(await _groups.GroupsOfAsync("ann")).Title);

        await _groups.AddAsync(id, "ann", "cid");
        Assert.Equal(3, Assert.Single(await _groups.GroupsOfAsync("ann")).MemberCount);

        await _groups.RemoveAsync(id, "ann", "ann");
        Assert.Empty(await _groups.GroupsOfAsync("ann"));
        Assert.Equal(2, Assert.Single(await _groups.GroupsOfAsync("bob")).MemberCount);
    }

    [Fact]
    public async Task Two_users_share_a_group_for_as_long_as_both_are_in_it()
    {
        var id = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        await _groups.CreateAsync("ann");
        await _groups.CreateAsync("cid", "bob");

        Assert.True(await _groups.ShareAsync("ann", "bob"));
        Assert.False(await _groups.ShareAsync("ann", "cid"));
        Assert.False(await _groups.ShareAsync("ann", "nobody"));

        await _groups.AddAsync(id, "ann", "cid");
        Assert.True(await _groups.ShareAsync("ann", "cid"));

        await _groups.RemoveAsync(id, "ann", "cid");
        Assert.False(await _groups.ShareAsync("ann", "cid"));
    }
}

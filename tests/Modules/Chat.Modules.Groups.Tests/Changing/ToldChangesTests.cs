using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Changing;

/// <summary>What the log of a group is told of its changes, and when.</summary>
public sealed class ToldChangesTests : IDisposable
{
    private readonly GroupsUnderTest _groups = new();

    public void Dispose() => _groups.Dispose();

    [Fact]
    public async Task Each_change_is_told_with_who_made_it()
    {
        var group = (await _groups.CreateAsync("ann", "bob", "cid")).Value.Id;
        await _groups.ChangeAsync(group, "ann", "Läufer 🏃");
        await _groups.AddAsync(group, "ann", "bob", "dan", "eve");
        await _groups.ChangeRoleAsync(group, "ann", "bob", GroupRole.Admin);
        await _groups.RemoveAsync(group, "bob", "dan");
        await _groups.RemoveAsync(group, "eve", "eve");
        await _groups.ChangeRoleAsync(group, "ann", "cid", GroupRole.Owner);
        await _groups.RemoveAsync(group, "cid", "cid");

        Assert.Equal(
            [
                "ann created bob,cid Walkers", "ann titleChanged Läufer 🏃", "ann memberAdded dan,eve", "ann roleChanged bob admin", "bob memberRemoved dan", "eve left eve",
                "ann roleChanged cid owner", "cid left cid", "cid roleChanged ann owner",
            ],
            _groups.Log.Told);
    }

    [Fact]
    public async Task What_changes_nothing_or_is_refused_is_not_told()
    {
        var group = (await _groups.CreateAsync("ann", "bob")).Value.Id;

        await _groups.ChangeAsync(group, "ann", "Walkers");
        await _groups.ChangeAsync(group, "ann", null, GroupHistory.FromJoin);
        await _groups.AddAsync(group, "ann", "bob");
        await _groups.ChangeRoleAsync(group, "ann", "bob", GroupRole.Member);
        Assert.Equal(ErrorCodes.Forbidden, (await _groups.ChangeAsync(group, "bob", "Runners")).Error?.Code);

        Assert.Equal(["ann created bob Walkers"], _groups.Log.Told);
    }

    [Fact]
    public async Task Who_is_left_alone_and_leaves_is_not_told_to_anybody()
    {
        var group = (await _groups.CreateAsync("ann")).Value.Id;

        Assert.True((await _groups.RemoveAsync(group, "ann", "ann")).IsOk);

        Assert.Equal(["ann created Walkers"], _groups.Log.Told);
        Assert.Empty(await _groups.Store.FindGroupsWithNoticesAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Many_users_at_once_are_told_of_fifty_by_fifty()
    {
        string[] users = [.. Enumerable.Range(0, 120).Select(n => $"user{n}")];

        var group = (await _groups.CreateAsync("ann", users[..51])).Value.Id;
        await _groups.AddAsync(group, "ann", users);

        Assert.Equal(
            [
                $"ann created {string.Join(',', users[..50])} Walkers", $"ann memberAdded {users[50]}",
                $"ann memberAdded {string.Join(',', users[51..101])}", $"ann memberAdded {string.Join(',', users[101..])}",
            ],
            _groups.Log.Told);
    }

    // So nobody who hears of the change can write before its notice.
    [Fact]
    public async Task A_change_is_told_before_its_event_is_raised()
    {
        var raised = -1;
        _groups.Log.Instead = draft =>
        {
            raised = _groups.Mediator.Published.Count;
            return Appended(draft);
        };

        var group = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        Assert.Equal((0, 1), (raised, _groups.Raised<GroupCreated>().Count));
        await _groups.AddAsync(group, "ann", "cid");
        Assert.Equal((1, 1), (raised, _groups.Raised<MembersAdded>().Count));
    }

    // Its fan-out asks for the members.
    [Fact]
    public async Task Who_was_removed_is_no_member_when_it_is_told()
    {
        var group = (await _groups.CreateAsync("ann", "bob")).Value.Id;
        IReadOnlyList<UserId> members = [];
        _groups.Log.Instead = async draft =>
        {
            members = await _groups.MembersAsync(draft.Conversation);
            return await Appended(draft);
        };

        await _groups.RemoveAsync(group, "ann", "bob");

        Assert.Equal(Users("ann"), members);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_succeeds_though_the_log_does_not_take_its_notice(bool throws)
    {
        _groups.Log.Instead = _ => throws ? throw new InvalidOperationException("A bug.") : Task.FromResult<Result<SentMessage>>(new Error(ErrorCodes.Unavailable, "Not now."));

        var created = await _groups.CreateAsync("ann", "bob");

        Assert.True(created.IsOk);
        Assert.Single(_groups.Raised<GroupCreated>());
        Assert.Equal([created.Value.Id], await _groups.Store.FindGroupsWithNoticesAsync(TestContext.Current.CancellationToken));
    }

    private static Task<Result<SentMessage>> Appended(NoticeDraft draft) =>
        Task.FromResult<Result<SentMessage>>(new SentMessage(default, draft.Conversation, new SeqNo(1), Now, Duplicate: false));
}

using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

public sealed class GroupTests(SharedServer shared)
{
    [Fact]
    public async Task A_group_has_its_creator_as_owner_and_tells_its_members()
    {
        var (owner, member, _) = await ThreeAsync();
        await using var client = await member.ConnectCaughtUpAsync();

        var group = await owner.CreateGroupAsync("Friends", member);

        Assert.Matches("^g:[0-9a-f]{32}$", group);
        await client.ExpectAsync("conversation", c => c.Is("conversationId", group));
        var seen = (await member.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK);
        Assert.Equal("Friends", seen.Text("title"));
        Assert.Equal([(owner.UserId, "owner"), (member.UserId, "member")], Roles(seen));
        var listed = (await member.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK).Items("conversations");
        Assert.Equal("Friends", Assert.Single(listed, c => c.Text("conversationId") == group).Text("title"));
    }

    [Fact]
    public async Task A_new_member_begins_at_the_head_and_may_read_the_past_where_the_group_lets_it()
    {
        var (owner, member, joiner) = await ThreeAsync();
        foreach (var (history, past) in new[] { ("all", new[] { "before", "after" }), ("fromJoin", ["after"]) })
        {
            var answer = await owner.Rest.PostAsync("/v1/groups", new { title = history, members = new[] { member.UserId }, history });
            var group = answer.Expect(HttpStatusCode.Created).Text("conversationId");
            await using var client = await joiner.ConnectCaughtUpAsync();
            (await owner.Rest.SendMessageAsync(group, "before", $"{history} 1")).Expect(HttpStatusCode.Created);

            await AddAsync(owner, group, joiner, HttpStatusCode.OK);
            await client.ExpectAsync("conversation", c => c.Is("change", "memberAdded") && c.Is("userId", joiner.UserId));
            (await owner.Rest.SendMessageAsync(group, "after", $"{history} 2")).Expect(HttpStatusCode.Created);

            Assert.Equal("after", (await client.ExpectAsync("message", m => m.Is("conversationId", group))).Text("text"));
            Assert.Equal(past, (await joiner.Rest.ReadLogAsync(group)).Select(m => m.Text("text")));
        }
    }

    [Fact]
    public async Task Who_was_removed_gets_nothing_more_and_may_do_nothing_more()
    {
        var (owner, removed, other) = await ThreeAsync();
        var group = await owner.CreateGroupAsync("Smaller", removed, other);
        await using var client = await removed.ConnectCaughtUpAsync();
        await using var staying = await other.ConnectCaughtUpAsync();
        var sent = await client.SendTextAsync(group, "still here", "1");
        await staying.ExpectAsync("message");

        await RemoveAsync(owner, group, removed, HttpStatusCode.NoContent);
        await staying.ExpectAsync("conversation", c => c.Is("change", "memberRemoved") && c.Is("userId", removed.UserId));
        (await owner.Rest.SendMessageAsync(group, "among us", "2")).Expect(HttpStatusCode.Created);
        await staying.ExpectAsync("message");

        Assert.Equal("not_a_member", (await Assert.ThrowsAsync<RefusedException>(() => client.SendTextAsync(group, "and now", "3"))).Code);
        Assert.Equal("not_a_member", (await Assert.ThrowsAsync<RefusedException>(
            () => client.SyncAsync(new { conversationId = group, after = 0, limit = 10 }))).Code);
        Assert.DoesNotContain(client.Received.All, f => f.Type == "message");
        (await removed.Rest.GetAsync($"/v1/groups/{group}")).ExpectProblem(HttpStatusCode.Forbidden, "not_a_member");

        // What was acked stays acked: the same send answers with its first result.
        Assert.Equal(sent.Text("messageId"), (await client.SendTextAsync(group, "still here", "1")).Text("messageId"));
    }

    [Fact]
    public async Task Members_may_write_and_leave_but_not_change_the_group()
    {
        var (owner, member, other) = await ThreeAsync();
        var stranger = await shared.NewUserAsync("stranger");
        var group = await owner.CreateGroupAsync("Order", member, other);

        (await member.Rest.SendMessageAsync(group, "hello", "1")).Expect(HttpStatusCode.Created);
        (await member.Rest.PatchAsync($"/v1/groups/{group}", new { title = "Mine" })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await member.Rest.PostAsync($"/v1/groups/{group}/members", new { members = new[] { stranger.UserId } }))
            .ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        await RemoveAsync(member, group, other, HttpStatusCode.Forbidden);
        await SetRoleAsync(member, group, member, "admin", HttpStatusCode.Forbidden);
        await RemoveAsync(member, group, member, HttpStatusCode.NoContent);

        Assert.Equal([(owner.UserId, "owner"), (other.UserId, "member")], await RolesAsync(owner, group));
    }

    [Fact]
    public async Task Admins_may_rename_add_and_remove_members_but_not_admins_nor_give_roles()
    {
        var (owner, admin, other) = await ThreeAsync();
        var added = await shared.NewUserAsync("added");
        var group = await owner.CreateGroupAsync("Before", admin, other);
        await using var client = await other.ConnectCaughtUpAsync();
        await SetRoleAsync(owner, group, admin, "admin", HttpStatusCode.OK);
        await client.ExpectAsync("conversation", c => c.Is("change", "roleChanged") && c.Is("userId", admin.UserId));

        (await admin.Rest.PatchAsync($"/v1/groups/{group}", new { title = "After" })).Expect(HttpStatusCode.OK);
        await client.ExpectAsync("conversation", c => c.Is("change", "titleChanged"));
        await AddAsync(admin, group, added, HttpStatusCode.OK);
        await SetRoleAsync(admin, group, added, "admin", HttpStatusCode.Forbidden);
        await SetRoleAsync(owner, group, added, "admin", HttpStatusCode.OK);
        await RemoveAsync(admin, group, added, HttpStatusCode.Forbidden);
        await RemoveAsync(admin, group, owner, HttpStatusCode.Forbidden);
        await RemoveAsync(admin, group, other, HttpStatusCode.NoContent);
        await RemoveAsync(owner, group, added, HttpStatusCode.NoContent);

        Assert.Equal([(owner.UserId, "owner"), (admin.UserId, "admin")], await RolesAsync(owner, group));
        Assert.Equal("After", (await owner.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK).Text("title"));
    }

    [Fact]
    public async Task An_owner_who_leaves_hands_over_to_an_admin_else_to_the_longest_serving_member()
    {
        var (owner, first, second) = await ThreeAsync();
        var group = await owner.CreateGroupAsync("Heirs", first);
        await AddAsync(owner, group, second, HttpStatusCode.OK);
        await SetRoleAsync(owner, group, second, "admin", HttpStatusCode.OK);

        await RemoveAsync(owner, group, owner, HttpStatusCode.NoContent);
        Assert.Equal([(first.UserId, "member"), (second.UserId, "owner")], await RolesAsync(first, group));

        await RemoveAsync(second, group, second, HttpStatusCode.NoContent);
        Assert.Equal([(first.UserId, "owner")], await RolesAsync(first, group));
    }

    private static async Task AddAsync(Account by, string group, Account user, HttpStatusCode status) =>
        (await by.Rest.PostAsync($"/v1/groups/{group}/members", new { members = new[] { user.UserId } })).Expect(status);

    private static async Task RemoveAsync(Account by, string group, Account user, HttpStatusCode status) =>
        (await by.Rest.DeleteAsync($"/v1/groups/{group}/members/{user.UserId}")).Expect(status);

    private static async Task SetRoleAsync(Account by, string group, Account user, string role, HttpStatusCode status) =>
        (await by.Rest.PatchAsync($"/v1/groups/{group}/members/{user.UserId}", new { role })).Expect(status);

    private static async Task<List<(string, string)>> RolesAsync(Account reader, string group) =>
        Roles((await reader.Rest.GetAsync($"/v1/groups/{group}")).Expect(HttpStatusCode.OK));

    /// <summary>In the order in which the users were made, which is that of their ids' numbers.</summary>
    private static List<(string UserId, string Role)> Roles(JsonElement group) =>
        [.. group.Items("members").Select(m => (m.Text("userId"), m.Text("role"))).OrderBy(m => int.Parse(m.Item1.Split('-')[^1], System.Globalization.CultureInfo.InvariantCulture))];

    private async Task<(Account First, Account Second, Account Third)> ThreeAsync() =>
        (await shared.NewUserAsync("a"), await shared.NewUserAsync("b"), await shared.NewUserAsync("c"));
}

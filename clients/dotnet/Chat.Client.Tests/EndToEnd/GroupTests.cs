using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

public sealed class GroupTests(ChatServer server)
{
    [Fact]
    public async Task A_group_is_made_talked_in_changed_and_left()
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");
        await using var carol = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "carol");

        var group = await alice.CreateGroupAsync("Walks", [bob.Session!.UserId]);
        Assert.Equal("Walks", alice.FindConversation(group.ConversationId)!.Title);
        await Until.TrueAsync(() => bob.FindConversation(group.ConversationId)?.Title == "Walks", "bob has it");
        using var hers = alice.OpenTimeline(group.ConversationId);
        await bob.SendAsync(group.ConversationId, "On Sunday?");
        await ChatServer.ShowsAsync(hers, "On Sunday?");

        var added = await alice.AddMembersAsync(group.ConversationId, [carol.Session!.UserId]);
        Assert.Equal(3, added.Members.Count);
        await Until.TrueAsync(() => carol.FindConversation(group.ConversationId) is not null, "carol has it");
        Assert.Equal(Role.Admin, (await alice.SetRoleAsync(group.ConversationId, carol.Session.UserId, Role.Admin)).Members.Single(m => m.UserId == carol.Session.UserId).Role);
        Assert.Equal(History.FromJoin, (await alice.ChangeGroupAsync(group.ConversationId, "Long walks", History.FromJoin)).History);
        await Until.TrueAsync(() => bob.FindConversation(group.ConversationId)?.Title == "Long walks", "bob sees the title");

        await alice.RemoveMemberAsync(group.ConversationId, bob.Session.UserId);
        await Until.TrueAsync(() => bob.FindConversation(group.ConversationId) is null, "bob has it no more");
        await carol.LeaveAsync(group.ConversationId);
        Assert.Null(carol.FindConversation(group.ConversationId));
        Assert.Single((await alice.GetGroupAsync(group.ConversationId)).Members);
    }

    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task Users_see_each_other_come_write_and_go(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, transport, "bob");
        var bobId = bob.Session!.UserId;
        var id = (await alice.SendAsync($"@{bobId}", "hello")).ConversationId;
        await Until.TrueAsync(() => bob.FindConversation(id) is not null && alice.FindConversation(id)?.MaxSeqNo == 1, "they talk");

        alice.Watch([bobId]);
        await Until.TrueAsync(() => alice.PresenceOf(bobId) is { Online: true }, "bob is there");
        bob.SetTyping(id, true);
        await Until.TrueAsync(() => alice.FindConversation(id)!.Typing.SequenceEqual([bobId]), "bob writes");
        bob.SetTyping(id, false);
        await Until.TrueAsync(() => alice.FindConversation(id)!.Typing.Count == 0, "bob writes no more");

        await bob.SignOutAsync();
        await Until.TrueAsync(() => alice.PresenceOf(bobId) is { Online: false, LastSeen: not null }, "bob is gone");
    }
}

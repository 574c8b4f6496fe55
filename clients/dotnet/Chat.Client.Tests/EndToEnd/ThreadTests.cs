using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

public sealed class ThreadTests(ChatServer server)
{
    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task Users_write_in_threads_are_mentioned_and_see_what_happens_to_their_group(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, transport, "bob");
        var (aliceId, bobId) = (alice.Session!.UserId, bob.Session!.UserId);
        var id = (await alice.CreateGroupAsync("Walks", [bobId])).ConversationId;
        using var hers = alice.OpenTimeline(id);
        using var his = bob.OpenTimeline(id);
        await Until.TrueAsync(
            () => new[] { hers, his }.All(view => view.Notices is [{ What: NoticeKinds.Created, SeqNo: 1, Value: "Walks" } notice] && notice.SenderId == aliceId && notice.UserIds.SequenceEqual([bobId])),
            "both see that it was made");

        await alice.SendAsync(id, "On Sunday?");
        await ChatServer.ShowsAsync(his, "On Sunday?");
        var root = his.Messages[0];
        await bob.SendAsync(id, new MessageContent("Yes") { ThreadId = root.MessageId, ThreadSeqNo = root.SeqNo, Mentions = [aliceId] });
        await ChatServer.ShowsAsync(hers, "On Sunday?", "Yes");
        await alice.SendAsync(id, new MessageContent("Good") { ThreadId = root.MessageId, ThreadSeqNo = root.SeqNo });
        await Until.TrueAsync(
            () => new[] { hers, his }.All(view => view.Messages is [{ Thread: { Count: 2, LastSeqNo: 4 } thread }, ..] && thread.UserIds.SequenceEqual([bobId, aliceId])),
            "both see the thread");
        Assert.Equal((1, 1), (alice.FindConversation(id)!.UnreadCount, alice.FindConversation(id)!.UnreadMentions));
        Assert.Equal(hers.Messages[0], await alice.GetMessageAsync(id, root.MessageId));
        Assert.Equal([root.MessageId], (await bob.GetThreadsAsync(id)).Threads.Select(message => message.MessageId));
        Assert.Equal(["Yes", "Good"], (await bob.GetThreadMessagesAsync(id, root.MessageId)).Messages.Select(message => message.Text));
        Assert.Equal(["Yes"], (await bob.GetThreadMessagesAsync(id, root.MessageId, before: 4, limit: 1)).Messages.Select(message => message.Text));

        await bob.EditAsync(his.Messages[1], "Yes!", []);
        await Until.TrueAsync(() => alice.FindConversation(id)!.UnreadMentions == 0, "she is not mentioned any more");
        await bob.DeleteAsync(his.Messages[1]);
        await Until.TrueAsync(() => hers.Messages[0].Thread?.Count == 1 && his.Messages[0].Thread?.Count == 1, "one is left in it");
        Assert.Equal(root.MessageId, hers.Messages[1].ThreadId);
        Assert.Equal(hers.Messages[0], await alice.GetMessageAsync(id, root.MessageId));

        await alice.ChangeGroupAsync(id, "Long walks");
        await Until.TrueAsync(() => his.Notices is [_, { What: NoticeKinds.TitleChanged, Value: "Long walks" }], "he sees the new title");
    }

    [Fact]
    public async Task A_note_to_self_is_on_all_devices_and_what_is_forwarded_says_so()
    {
        var host = await server.GetAsync();
        await using var laptop = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "alice");
        await using var phone = await ChatServer.OpenAsync(host, ChatTransport.SignalR);
        await phone.SignInAsync(laptop.Session!.UserId, ChatServer.Password);
        await ChatServer.OnlineAsync(phone);

        var id = (await laptop.SendAsync("@me", "milk")).ConversationId;
        using var view = phone.OpenTimeline(id);
        await ChatServer.ShowsAsync(view, "milk");
        await phone.SendAsync(id, MessageContent.ForwardedOf(view.Messages[0]));

        await ChatServer.ShowsAsync(view, "milk", "milk");
        Assert.Equal([false, true], view.Messages.Select(message => message.Forwarded));
        Assert.True(ConversationIds.IsNoteToSelf(id));
        await Until.TrueAsync(
            () => laptop.FindConversation(id) is { UnreadCount: 0, MaxSeqNo: 2, LastMessage.Forwarded: true } shown && shown.Peer == laptop.Session.UserId, "the laptop has both");
    }
}

using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

public sealed class ConversationTests(ChatServer server)
{
    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task Two_users_chat_and_see_how_far_their_messages_came(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, transport, "bob");

        var sent = await alice.SendAsync($"@{bob.Session!.UserId}", "Hello, Bob");
        using var hers = alice.OpenTimeline(sent.ConversationId);
        using var his = bob.OpenTimeline(sent.ConversationId);
        await ChatServer.ShowsAsync(his, "Hello, Bob");
        Assert.Equal(1, bob.FindConversation(sent.ConversationId)!.UnreadCount);
        await Until.TrueAsync(() => hers.Messages is [var m] && hers.ReceiptOf(m) == ReceiptState.Delivered, "it is delivered");

        await bob.MarkReadAsync(sent.ConversationId, his.Messages[^1].SeqNo);
        Assert.Equal(0, bob.FindConversation(sent.ConversationId)!.UnreadCount);
        await Until.TrueAsync(() => hers.ReceiptOf(hers.Messages[0]) == ReceiptState.Read, "it is read");

        await bob.SendAsync(sent.ConversationId, "Hello, Alice", his.Messages[0].MessageId);
        await ChatServer.ShowsAsync(hers, "Hello, Bob", "Hello, Alice");
        Assert.Equal(hers.Messages[0].MessageId, hers.Messages[1].ReplyTo);
        Assert.Equal(bob.Session.UserId, alice.FindConversation(sent.ConversationId)!.Peer);
    }
}

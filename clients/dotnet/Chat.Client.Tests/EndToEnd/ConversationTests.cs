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

    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task Messages_are_edited_reacted_to_pinned_and_deleted(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, transport, "bob");
        var sent = await alice.SendAsync($"@{bob.Session!.UserId}", "Helo, Bob");
        await alice.SendAsync(sent.ConversationId, "Oops");
        using var hers = alice.OpenTimeline(sent.ConversationId);
        using var his = bob.OpenTimeline(sent.ConversationId);
        await ChatServer.ShowsAsync(hers, "Helo, Bob", "Oops");
        await ChatServer.ShowsAsync(his, "Helo, Bob", "Oops");

        await alice.EditAsync(hers.Messages[0], "Hello, Bob");
        await bob.ReactAsync(his.Messages[0], "👍");
        await bob.PinAsync(his.Messages[0]);
        await alice.DeleteAsync(hers.Messages[1]);

        // Each shows its own changes before the server has them; with them all, both have the same.
        await Until.TrueAsync(() => hers.Messages[0] is { Text: "Hello, Bob", Pinned: true, Reactions: [{ Emoji: "👍", Count: 1 }] } seen
            && his.Messages[0] is { Text: "Hello, Bob", Pinned: true, Reactions: [{ Count: 1, Mine: true }] } other
            && (other.MessageId, other.SeqNo, other.ChangedSeqNo, other.EditedAt, other.Timestamp) == (seen.MessageId, seen.SeqNo, seen.ChangedSeqNo, seen.EditedAt, seen.Timestamp),
            "both see it");
        await Until.TrueAsync(() => hers.Messages[1].Deleted is not null && his.Messages[1].Deleted is not null, "it is gone for both");
        var message = hers.Messages[0];
        Assert.Equal(message.ChangedSeqNo, (await alice.GetMessageAsync(message.ConversationId, message.MessageId)).ChangedSeqNo);
        Assert.Equal(["Helo, Bob", "Hello, Bob"], (await bob.GetEditsAsync(message.ConversationId, message.MessageId)).Select(text => text.Text));
        Assert.Equal(bob.Session.UserId, Assert.Single((await alice.GetReactionsAsync(message.ConversationId, message.MessageId, "👍")).Reactions).UserId);
        Assert.Equal(message.MessageId, Assert.Single(await alice.GetPinsAsync(message.ConversationId)).MessageId);

        var refused = new TaskCompletionSource<RefusedChange>();
        bob.Changed += (_, e) =>
        {
            if (e.Refused is [var change])
                refused.TrySetResult(change);
        };
        await bob.EditAsync(his.Messages[0], "not his own");
        Assert.Equal(ErrorCodes.Forbidden, (await refused.Task.WaitAsync(Until.Patience)).Error.Code);
        Assert.Equal("Hello, Bob", his.Messages[0].Text);
    }
}

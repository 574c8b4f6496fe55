using System.Buffers.Text;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

/// <summary>Push notifications, of a real server.</summary>
public sealed class PushTests(ChatServer server)
{
    [Fact]
    public async Task A_subscribed_device_is_notified_while_it_is_away_but_not_of_what_is_muted_nor_when_it_has_unsubscribed()
    {
        await using var firebase = new FakeFirebase();
        await using var host = await ServerProcess.StartAsync(firebase.Settings());
        var (bobs, carols) = (new MemoryStore(), new MemoryStore());
        await using var alice = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "alice");
        var (bob, carol) = (await EnterAsync("bob", bobs), await EnterAsync("carol", carols));
        var talk = ConversationIds.DirectWith(alice.Session!.UserId, bob);

        await SendAsync(bob, "hello");
        await Until.TrueAsync(() => firebase.TakenFor("bob").Count == 1, "bob is notified", () => host.Output);
        var told = firebase.TakenFor("bob")[0];
        Assert.Equal((1, talk, 1, 1, 1, alice.Session.UserId, "hello", false), (told.Version, told.ConversationId, told.SeqNo, told.Unread, told.Badge, told.Title, told.Body, told.IsWithdrawal));
        Assert.NotNull(told.MessageId);

        await ReturnAsync(bobs, client => client.MuteAsync(talk, DateTimeOffset.MaxValue));
        await SendAsync(bob, "of no interest");
        await CarolIsToldAsync(1);

        await ReturnAsync(bobs, async client =>
        {
            await client.MuteAsync(talk, null);
            await client.Push.UnsubscribeAsync();
        });
        await SendAsync(bob, "for later");
        await CarolIsToldAsync(2);
        Assert.Single(firebase.TakenFor("bob"));

        async Task<string> EnterAsync(string name, IChatStore store)
        {
            await using var client = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, name, store);
            await client.Push.SubscribeAsync(new PushAddress.Fcm(name), PushContent.Full);
            return client.Session!.UserId;
        }

        async Task ReturnAsync(IChatStore store, Func<ChatClient, Task> act)
        {
            await using var client = await ChatServer.OpenAsync(host, ChatTransport.WebSocket, store);
            await ChatServer.OnlineAsync(client);
            await act(client);
        }

        async Task SendAsync(string to, string text)
        {
            var sent = await alice.SendAsync($"@{to}", text);
            await Until.TrueAsync(() => alice.FindConversation(sent.ConversationId)?.LastMessage?.Text == text, "it is sent", () => host.Output);
        }

        // Sent after what bob must not be told of.
        async Task CarolIsToldAsync(int times)
        {
            await SendAsync(carol, $"hello {times}");
            await Until.TrueAsync(() => firebase.TakenFor("carol").Count == times, "carol is notified", () => host.Output);
        }
    }

    [Fact]
    public async Task The_server_has_a_key_for_browsers_and_says_what_it_does_not_take()
    {
        await using var alice = await ChatServer.NewUserAsync(await server.GetAsync(), ChatTransport.SignalR, "alice");
        var key = await alice.Push.KeyAsync();
        var secret = Base64Url.EncodeToString(new byte[16]);

        Assert.Equal(65, Base64Url.DecodeFromChars(key).Length);
        await alice.Push.SubscribeAsync(new PushAddress.WebPush("https://push.example.org/1", key, secret));
        foreach (var refused in new PushAddress[] { new PushAddress.WebPush("http://push.example.org/1", key, secret), new PushAddress.Apns(new string('a', 64), "org.example") })
            Assert.Equal(ErrorCodes.BadRequest, (await Assert.ThrowsAsync<ChatException>(() => alice.Push.SubscribeAsync(refused))).Code);
        Assert.Equal("WebPush", new PushAddress.WebPush("https://push.example.org/secret", key, secret).ToString());
    }
}

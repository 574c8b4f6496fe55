using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

public sealed class SessionTests(ChatServer server)
{
    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task A_revoked_device_is_signed_out(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var phone = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var laptop = await ChatServer.OpenAsync(host, transport);
        await laptop.SignInAsync(phone.Session!.UserId, ChatServer.Password, "laptop");
        await ChatServer.OnlineAsync(laptop);
        var devices = await laptop.GetDevicesAsync();
        Assert.Equal(2, devices.Count);
        Assert.Equal("laptop", devices.Single(device => device.Current).DeviceName);

        await laptop.RevokeDeviceAsync(phone.Session.DeviceId);

        await Until.TrueAsync(
            () => phone.Connection is { Status: ConnectionStatus.SignedOut, Reason: SignedOutReason.Revoked }, "it is signed out", () => phone.Connection.ToString());
        Assert.Equal(ConnectionStatus.Online, laptop.Connection.Status);
    }

    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task A_second_program_with_the_same_store_replaces_the_first_until_that_takes_over(ChatTransport transport)
    {
        var host = await server.GetAsync();
        var store = new MemoryStore();
        await using var first = await ChatServer.NewUserAsync(host, transport, "alice", store);

        await using var second = await ChatServer.OpenAsync(host, transport, store);
        await Until.TrueAsync(() => first.Connection.Status == ConnectionStatus.Replaced, "the first says so", () => first.Connection.ToString());
        first.TakeOver();

        await Until.TrueAsync(() => second.Connection.Status == ConnectionStatus.Replaced, "the second says so", () => second.Connection.ToString());
        await ChatServer.OnlineAsync(first);
    }

    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task A_refused_message_says_why_and_a_wrong_password_too(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, transport, "alice");
        var outgoing = await alice.SendAsync("g:00000000000000000000000000000000", "into the void");
        using var timeline = alice.OpenTimeline(outgoing.ConversationId);
        await Until.TrueAsync(() => timeline.Outgoing is [{ State: OutgoingState.Failed }], "it has failed");
        Assert.Equal(ErrorCodes.NotAMember, timeline.Outgoing[0].Error!.Code);

        // As large as it may be, and six times that in JSON: it must fail or go, but never stay.
        await alice.SendAsync("@bob", new string('\u0001', 16 * 1024));
        using var other = alice.OpenTimeline(ConversationIds.DirectWith(alice.Session!.UserId, "bob"));
        await Until.TrueAsync(() => other.Outgoing is [{ State: OutgoingState.Failed, Error.Code: ErrorCodes.TooLarge }], "it has failed, too");

        await using var nobody = await ChatServer.OpenAsync(host, transport);
        var e = await Assert.ThrowsAsync<ChatException>(() => nobody.SignInAsync(alice.Session.UserId, "not the password"));
        Assert.Equal(ErrorCodes.Unauthenticated, e.Code);
        Assert.Equal(ConnectionStatus.SignedOut, nobody.Connection.Status);
    }

    [Fact]
    public async Task Signed_out_and_in_again_a_user_has_the_conversations_and_no_old_outbox()
    {
        var host = await server.GetAsync();
        await using var alice = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice");
        var user = alice.Session!.UserId;
        await alice.SendAsync("@bob", "hello");
        var id = ConversationIds.DirectWith(user, "bob");
        await Until.TrueAsync(() => alice.FindConversation(id)?.MaxSeqNo == 1, "it is sent");

        await alice.SignOutAsync();
        Assert.Empty(alice.Conversations);
        await alice.SignInAsync(user, ChatServer.Password);

        await Until.TrueAsync(() => alice.FindConversation(id)?.LastMessage?.Text == "hello", "the list is there");
    }
}

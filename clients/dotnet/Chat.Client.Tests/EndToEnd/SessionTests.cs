using System.Collections.Concurrent;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

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
    public async Task A_changed_password_signs_the_other_devices_out_and_this_one_goes_on(ChatTransport transport)
    {
        var host = await server.GetAsync();
        await using var phone = await ChatServer.NewUserAsync(host, transport, "alice");
        var user = phone.Session!.UserId;
        await using var laptop = await ChatServer.OpenAsync(host, transport);
        await laptop.SignInAsync(user, ChatServer.Password, "laptop");
        await ChatServer.OnlineAsync(laptop);

        await phone.ChangePasswordAsync(ChatServer.Password, "battery staple 2");

        await Until.TrueAsync(
            () => laptop.Connection is { Status: ConnectionStatus.SignedOut, Reason: SignedOutReason.Revoked }, "it is signed out", () => laptop.Connection.ToString());
        await phone.SendAsync("@bob", "still here");
        var id = ConversationIds.DirectWith(user, "bob");
        await Until.TrueAsync(() => phone.FindConversation(id)?.MaxSeqNo == 1, "it is sent", () => phone.Connection.ToString());
        Assert.True(Assert.Single(await phone.GetDevicesAsync()).Current);
        await laptop.SignInAsync(user, "battery staple 2");
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

        // The largest that is taken, six times its length in JSON, goes out.
        var largest = await alice.SendAsync("@bob", new string('\u0001', 10_000 - 1));
        await Until.TrueAsync(() => alice.FindConversation(largest.ConversationId)?.MaxSeqNo == 1, "it is sent");

        await using var nobody = await ChatServer.OpenAsync(host, transport);
        var e = await Assert.ThrowsAsync<ChatException>(() => nobody.SignInAsync(alice.Session!.UserId, "not the password"));
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

    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task A_token_is_renewed_under_a_live_connection_which_takes_the_new_one(ChatTransport transport)
    {
        var host = await server.GetAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var store = new FlakyStore();
        var log = new Notes();
        await using var alice = await ChatClient.OpenAsync(new ChatClientOptions
        {
            Url = host.Address, Transport = transport, Store = store, Clock = clock, Logger = log,
        });
        await alice.RegisterAsync(ChatServer.UniqueId("alice"), ChatServer.Password);
        await ChatServer.OnlineAsync(alice);
        var first = await TokensAsync(store);

        clock.Advance(0.8 * (first.ExpiresAt - first.IssuedAt));
        await Until.TrueAsync(async () => (await TokensAsync(store)).Access != first.Access, "the token is renewed");
        var sent = await alice.SendAsync("@bob", "with it");
        await Until.TrueAsync(() => alice.FindConversation(sent.ConversationId)?.MaxSeqNo == 1, "the connection works", () => log.ToString());

        Assert.DoesNotContain("refuses", log.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, log.ToString().Split("Connected as").Length - 1);
    }

    private static async Task<StoredTokens> TokensAsync(FlakyStore store) => (await store.OpenAsync(CancellationToken.None)).Installation!.Tokens!;

    private sealed class Notes : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public override string ToString() => string.Join('\n', _lines);
    }
}

using System.Text.Json;
using Chat.BuildingBlocks.Errors;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests.WebSocket;

/// <summary>What ends a connection that does nothing wrong in its frames: its token, its device, its pace.</summary>
public sealed partial class WebSocketTests
{
    private const string Ack = """{"type":"ack","conversationId":"dm:alice:bob","seqNo":1,"status":"delivered"}""";

    [Fact]
    public async Task A_token_that_expires_is_said_and_ends_the_connection()
    {
        var clock = new FakeTimeProvider();
        var host = await OpenAsync(clock);
        await using var client = await host.ConnectAsync(TransportHost.Token(expires: clock.GetUtcNow().AddSeconds(10)));
        await client.NextAsync();

        clock.Advance(TimeSpan.FromSeconds(10));

        Assert.StartsWith("""{"type":"error","code":"token_expired",""", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("4001 token_expired", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_device_that_was_revoked_while_it_connected_is_closed()
    {
        await using var client = await (await OpenAsync()).ConnectAsync(TransportHost.Token(user: "revoked-meanwhile"));

        Assert.Equal("4001 revoked", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_renewed_token_keeps_the_connection_and_anothers_changes_nothing()
    {
        var clock = new FakeTimeProvider();
        var host = await OpenAsync(clock);
        var expires = clock.GetUtcNow().AddSeconds(10);
        await using var client = await host.ConnectAsync(TransportHost.Token(expires: expires));
        await client.NextAsync();

        Task<string> AuthAsync(string token) => client.AskAsync($$"""{"type":"auth","token":"{{token}}"}""");
        Assert.Contains("forbidden", await AuthAsync(TransportHost.Token(user: "bob", expires: expires.AddHours(5))), StringComparison.Ordinal);
        Assert.Contains("forbidden", await AuthAsync(TransportHost.Token(device: "tablet", expires: expires.AddHours(5))), StringComparison.Ordinal);
        Assert.Contains("unauthenticated", await AuthAsync("nonsense"), StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"type":"authenticated","expiresAt":{{expires.AddSeconds(10).ToUnixTimeMilliseconds()}}}""",
            await AuthAsync(TransportHost.Token(device: "", expires: expires.AddSeconds(10))));
        clock.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal("""{"type":"pong"}""", await client.AskAsync("""{"type":"ping"}"""));
        clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("4001 token_expired", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_flood_of_pings_is_rate_limited_and_then_ends_the_connection()
    {
        var host = await OpenAsync(new FakeTimeProvider(), ("UncountedFramesPerSecond", "1"));
        await using var client = await host.ConnectAsync();
        await client.NextAsync();

        for (var i = 0; i < 20; i++)
            await client.SendAsync("""{"type":"ping"}""");

        for (var i = 0; i < 10; i++)
            Assert.Equal("""{"type":"pong"}""", await client.NextAsync());
        var refusal = JsonDocument.Parse(await client.NextAsync()).RootElement;
        Assert.Equal("rate_limited", refusal.GetProperty("code").GetString());
        Assert.Equal(1000, refusal.GetProperty("retryAfterMs").GetInt32());
        Assert.Equal("4008 over a limit", await client.CloseOfServerAsync());
    }

    [Fact]
    public async Task A_flood_of_acks_that_are_no_good_ends_the_connection()
    {
        var host = await OpenAsync(new FakeTimeProvider(), ("UncountedFramesPerSecond", "1"));
        host.Mediator.Answer<Acknowledge, Result<Done>>(_ => Error.BadRequest("Beyond."));
        await using var client = await host.ConnectAsync();
        await client.NextAsync();

        for (var i = 0; i < 20; i++)
            await client.SendAsync(Ack);

        for (var i = 0; i < 10; i++)
            Assert.Contains("bad_request", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Contains("rate_limited", await client.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("4008 over a limit", await client.CloseOfServerAsync());
    }

    [Theory, InlineData(Ack, null), InlineData(Hello, "c1"), InlineData("""{"type":"typing","conversationId":"dm:alice:bob","active":true}""", null)]
    public async Task A_flood_of_good_frames_is_rate_limited_and_then_ends_the_connection(string frame, string? attempt)
    {
        var host = await OpenAsync(new FakeTimeProvider(), ("FramesPerSecond", "10"));
        var done = 0;
        host.Mediator
            .Answer<Acknowledge, Result<Done>>(_ => Count())
            .Answer<SetTyping, Result<Done>>(_ => Count())
            .Answer<SendMessage, Result<SentMessage>>(_ =>
            {
                done++;
                return Sent(1);
            });
        await using var client = await host.ConnectAsync();
        await client.NextAsync();

        for (var i = 0; i < 200; i++)
            await client.SendAsync(frame);

        var refusal = await NextErrorAsync(client);
        Assert.Equal("rate_limited", refusal.GetProperty("code").GetString());
        Assert.Equal(100, refusal.GetProperty("retryAfterMs").GetInt32());
        Assert.Equal(attempt, refusal.TryGetProperty("clientMsgId", out var named) ? named.GetString() : null);
        Assert.Equal("4008 over a limit", await client.CloseOfServerAsync());
        Assert.Equal(100, done);

        Result<Done> Count()
        {
            done++;
            return default(Done);
        }
    }

    private static async Task<JsonElement> NextErrorAsync(SocketClient client)
    {
        while (true)
        {
            var frame = JsonDocument.Parse(await client.NextAsync()).RootElement;
            if (frame.GetProperty("type").GetString() == "error")
                return frame;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
    }
}

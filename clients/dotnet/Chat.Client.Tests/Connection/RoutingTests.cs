using System.Net;
using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Client.Tests.Connection;

/// <summary>A load balancer is told whose every request is.</summary>
public sealed class RoutingTests
{
    [Fact]
    public async Task Every_request_and_connection_says_whose_it_is_from_the_first_to_signing_out()
    {
        await using var rig = await Rig.OnlineAsync();
        await rig.Client.CreateGroupAsync("Group", ["bob"]);
        await rig.ReconnectAsync(CloseReason.TokenExpired);
        await rig.Client.ChangePasswordAsync("password", "battery staple");
        await rig.Client.SignOutAsync();
        await Until.TrueAsync(() => rig.Rest.Asked.Contains("POST /v1/auth/logout"), "it is signed out");

        foreach (var call in new[] { "login", "refresh", "password", "logout" })
            Assert.Contains($"POST /v1/auth/{call}", rig.Rest.Asked);
        Assert.True(rig.Server.Connections.Count > 1);
        Assert.All(rig.Rest.Hints.Concat(rig.Server.Connections.Select(connection => connection.UserId)), hint => Assert.Equal(Rig.Me, hint));
    }

    [Fact]
    public async Task The_hub_is_told_at_its_negotiation_and_the_WebSocket_in_its_address()
    {
        var server = new Uri($"http://127.0.0.1:{FreePort.Next()}/chat/");
        using var listener = new HttpListener { Prefixes = { server.ToString() } };
        listener.Start();
        await using var socket = new WebSocketTransport(server, null, TimeProvider.System, NullLogger.Instance);
        await using var hub = new SignalRTransport(server, HttpTransportType.LongPolling, null, NullLogger.Instance);
        var asked = new List<string>();

        foreach (var transport in new ITransport[] { socket, hub })
        {
            var connecting = transport.ConnectAsync(new Caller("alice", "token"), CancellationToken.None);
            var context = await listener.GetContextAsync();
            asked.Add($"{context.Request.Url!.AbsolutePath} {context.Request.QueryString["user"]}");
            context.Response.StatusCode = 401;
            context.Response.Close();
            await Assert.ThrowsAsync<ChatException>(() => connecting);
        }

        Assert.Equal(["/chat/ws alice", "/chat/hub/negotiate alice"], asked);
    }
}

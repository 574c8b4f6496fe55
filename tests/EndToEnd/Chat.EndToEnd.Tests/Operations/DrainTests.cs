using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Operations;

/// <summary>A server that is told to leave says so to everybody, lets nobody in, finishes its work and ends.</summary>
public sealed class DrainTests
{
    private const int Connections = 20;

    [Fact]
    public async Task SIGTERM_tells_all_connections_to_go_closes_them_and_ends_with_0()
    {
        await using var server = await ServerProcess.StartAsync();
        var users = await Account.RegisterManyAsync(server, "user", Connections);
        var clients = await Task.WhenAll(users.Select(u => u.ConnectCaughtUpAsync()));
        await using var hub = await HubClient.ConnectAsync(await users[0].LogInAsync("hub"));
        await hub.ExpectAsync("caughtUp");

        server.Terminate();
        var told = await Task.WhenAll(clients.Select(c => c.ExpectAsync("goAway")));

        Assert.True((await hub.ExpectAsync("goAway")).Number("afterMs") >= 0);
        Assert.All(told, goAway => Assert.True(goAway.Number("afterMs") >= 0));
        foreach (var client in clients)
        {
            await client.ExpectCloseAsync(1001);
            await client.DisposeAsync();
        }

        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task A_leaving_server_is_not_ready_and_lets_nobody_in()
    {
        await using var server = await ServerProcess.StartAsync(Settings.ClosingPerSecond(Connections / 5));
        var users = await Account.RegisterManyAsync(server, "user", Connections);
        var clients = await Task.WhenAll(users.Select(u => u.ConnectCaughtUpAsync()));
        var late = await Account.RegisterAsync(server, "late");
        var upgrades = new List<HttpStatusCode>();
        var readiness = new List<HttpStatusCode?>();

        server.Terminate();
        await Task.WhenAny(clients.Select(c => c.ExpectAsync("goAway")));
        var exit = server.ExitAsync();
        while (!exit.IsCompleted)
        {
            readiness.Add(await server.ReadinessAsync());
            upgrades.Add(await UpgradeAsync(late));
        }

        // After its last connection the port is closed: what then comes is no answer at all.
        Assert.Contains(HttpStatusCode.ServiceUnavailable, upgrades);
        Assert.All(upgrades, s => Assert.True(s is HttpStatusCode.ServiceUnavailable or 0, $"Upgraded: {s}"));
        Assert.All(readiness, s => Assert.True(s is HttpStatusCode.ServiceUnavailable or null, $"Ready: {s}"));
        Assert.Equal(0, await exit);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_works_until_it_is_closed_and_what_it_acks_is_in_the_log()
    {
        await using var server = await ServerProcess.StartAsync(Settings.ClosingPerSecond(Connections / 5));
        var users = await Account.RegisterManyAsync(server, "user", Connections);
        var clients = await Task.WhenAll(users.Select(u => u.ConnectCaughtUpAsync()));

        server.Terminate();
        var told = await Task.WhenAll(clients.Select(c => c.ExpectAsync("goAway")));
        var (user, client, _) = users.Zip(clients, told).MaxBy(u => u.Third.Number("afterMs"));
        await client.SendTextAsync("@bob", "while the server leaves", "leaving");
        for (var i = 0; i < 500 && !client.Closed.IsCompleted; i++)
            await TrySendAsync(client, i);
        await client.ExpectCloseAsync(1001);
        Assert.Equal(0, await server.ExitAsync());
        await server.StartAgainAsync();

        var acked = client.Received.All.Where(f => f.Type == "ack").Select(f => f.Text("messageId"));
        var logged = await user.Rest.ReadLogAsync(Account.Direct(user.UserId, "bob"));
        Assert.Empty(acked.Except(logged.Select(m => m.Text("messageId"))));
        foreach (var one in clients)
            await one.DisposeAsync();
    }

    private static async Task TrySendAsync(WireClient client, int number)
    {
        try
        {
            await client.SendAsync("message", new { to = "@bob", text = $"{number}", clientMsgId = $"{number}" });
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // Closed in the meantime.
        }
    }

    private static async Task<HttpStatusCode> UpgradeAsync(Account user)
    {
        try
        {
            return await WireClient.UpgradeAsync(user.Server.Address, "/ws", user.AccessToken);
        }
        catch (System.Net.WebSockets.WebSocketException)
        {
            return 0;
        }
    }
}

using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Operations;

/// <summary>A server that keeps everything in the cluster's database leaves it in order.</summary>
public sealed class ClusterDrainTests : IDisposable
{
    private const int Senders = 20;
    private const int MessagesInHand = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-cluster-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SIGTERM_under_load_ends_with_0_and_all_that_was_acked_is_in_the_log()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        await using var server = await ServerProcess.StartAsync(Database.NewCluster(_folder));
        var users = await Account.RegisterManyAsync(server, "user", Senders);
        var clients = await Task.WhenAll(users.Select(u => u.ConnectCaughtUpAsync()));

        var sending = clients.Select(SendUntilClosedAsync).ToList();
        await Task.WhenAll(clients.Select(c => c.ExpectAsync("ack")));
        server.Terminate();
        await Task.WhenAll(sending);
        Assert.True(await server.ExitAsync() == 0, server.Output);
        Assert.DoesNotContain("Exception", server.Output, StringComparison.Ordinal);
        await server.StartAgainAsync();

        foreach (var (user, client) in users.Zip(clients))
        {
            var acked = client.Received.All.Where(f => f.Type == "ack").Select(f => f.Text("messageId"));
            var logged = await user.Rest.ReadLogAsync(Account.Direct(user.UserId, "bob"));
            Assert.Empty(acked.Except(logged.Select(m => m.Text("messageId"))));
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task SIGTERM_while_the_server_waits_for_its_database_ends_it_quietly_with_0()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        var settings = new Dictionary<string, string>(Database.NewCluster(_folder)) { ["Cql__ContactPoints"] = $"127.0.0.1:{FreePort.Next()}" };
        await using var server = ServerProcess.Begin(settings);
        await Until.TrueAsync(() => server.Output.Contains("does not answer yet", StringComparison.Ordinal), "the server waits", () => server.Output);

        server.Terminate();

        Assert.Equal(0, await server.ExitAsync());
        Assert.DoesNotContain("Exception", server.Output, StringComparison.Ordinal);
    }

    private static async Task SendUntilClosedAsync(WireClient client)
    {
        for (var number = 0; number < MessagesInHand && !client.Closed.IsCompleted; number++)
        {
            try
            {
                await client.SendAsync("message", new { to = "@bob", text = $"{number}", clientMsgId = $"{number}" });
            }
            catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or OperationCanceledException or InvalidOperationException)
            {
                // Closed in the meantime.
                return;
            }
        }
    }
}

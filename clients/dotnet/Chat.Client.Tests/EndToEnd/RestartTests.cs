using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.EndToEnd;

/// <summary>Each with a server of its own, which it ends.</summary>
public sealed class RestartTests
{
    [Theory]
    [InlineData(ChatTransport.SignalR)]
    [InlineData(ChatTransport.WebSocket)]
    public async Task Across_a_killed_server_both_clients_come_back_and_hold_what_the_log_holds(ChatTransport transport)
    {
        await using var host = await ServerProcess.StartAsync();
        await using var alice = await ChatServer.NewUserAsync(host, transport, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, transport, "bob");
        var first = await alice.SendAsync($"@{bob.Session!.UserId}", "before");
        using var hers = alice.OpenTimeline(first.ConversationId);
        using var his = bob.OpenTimeline(first.ConversationId);
        await ChatServer.ShowsAsync(hers, "before");
        await ChatServer.ShowsAsync(his, "before");

        await host.KillHardAsync();
        await Until.TrueAsync(() => alice.Connection.Status == ConnectionStatus.Offline, "alice is offline", () => alice.Connection.ToString());
        for (var i = 1; i <= 5; i++)
            await alice.SendAsync(first.ConversationId, $"offline {i}");
        Assert.Equal(5, hers.Outgoing.Count);
        await host.StartAgainAsync();

        string[] all = ["before", "offline 1", "offline 2", "offline 3", "offline 4", "offline 5"];
        await ChatServer.ShowsAsync(hers, all);
        await ChatServer.ShowsAsync(his, all);
        await his.LoadDownToAsync(1);
        Assert.Equal(hers.Messages.Select(message => message.MessageId), his.Messages.Select(message => message.MessageId));
    }

    [Fact]
    public async Task A_server_that_leaves_in_peace_is_found_again_when_it_is_back()
    {
        await using var host = await ServerProcess.StartAsync();
        await using var alice = await ChatServer.NewUserAsync(host, ChatTransport.SignalR, "alice");
        await using var bob = await ChatServer.NewUserAsync(host, ChatTransport.WebSocket, "bob");

        await host.RestartAsync();
        await alice.SendAsync($"@{bob.Session!.UserId}", "after");

        using var his = bob.OpenTimeline(ConversationIds.DirectWith(alice.Session!.UserId, bob.Session.UserId));
        await ChatServer.ShowsAsync(his, "after");
    }
}

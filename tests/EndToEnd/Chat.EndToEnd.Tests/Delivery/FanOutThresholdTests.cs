using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>Up to the threshold messages are pushed, above it members are told how far the conversation has got.</summary>
public sealed class FanOutThresholdTests
{
    [Fact]
    public async Task Above_the_threshold_members_get_hints_and_fetch()
    {
        await using var server = await ServerProcess.StartAsync(Settings.HintsAbove(members: 3));
        var users = await Account.RegisterManyAsync(server, "user", 5);
        var small = await users[0].CreateGroupAsync("Small", users[1..3]);
        var large = await users[0].CreateGroupAsync("Large", users[1..]);
        await using var sender = await users[0].ConnectCaughtUpAsync();
        await using var member = await users[1].ConnectCaughtUpAsync();

        // Below these stands the notice that the group was created.
        await sender.SendTextAsync(large, "to all", "1");
        await sender.SendTextAsync(large, "to all again", "2");
        await sender.SendTextAsync(small, "to few", "3");

        await member.ExpectAsync("advanced", a => a.Is("conversationId", large) && a.Number("maxSeqNo") == 3);
        Assert.Equal("to few", (await member.ExpectAsync("message")).Text("text"));
        var page = await member.SyncAsync(new { conversationId = large, after = 0, limit = 10 });
        Assert.Equal(["to all", "to all again"], page.Items("messages").Select(m => m.Text("text")));
        Assert.DoesNotContain(member.Received.All, f => f.Type == "message" && f.Is("conversationId", large));
    }

    [Fact]
    public async Task A_drain_tells_of_a_large_conversation_once()
    {
        await using var server = await ServerProcess.StartAsync(Settings.HintsAbove(members: 3));
        var users = await Account.RegisterManyAsync(server, "user", 5);
        var large = await users[0].CreateGroupAsync("Large", users[1..]);
        await using var sender = await users[0].ConnectCaughtUpAsync();
        await using var present = await users[2].ConnectCaughtUpAsync();
        for (var i = 1; i <= 10; i++)
            await sender.SendTextAsync(large, $"{i}", $"{i}");
        // The last, above the notice that the group was created, is told to all who are there, and so not to whoever connects now.
        await present.ExpectAsync("advanced", a => a.Number("maxSeqNo") == 11);

        await using var absent = await users[1].ConnectCaughtUpAsync();

        var hint = Assert.Single(absent.Received.All, f => f.Type == "advanced");
        Assert.Equal(11, hint.Number("maxSeqNo"));
        Assert.DoesNotContain(absent.Received.All, f => f.Type == "message");
    }
}

using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Conversations;

public sealed class TypingTests(SharedServer shared)
{
    [Fact]
    public async Task Typing_reaches_the_other_members_that_are_connected()
    {
        var alice = await shared.NewUserAsync("alice");
        var bob = await shared.NewUserAsync("bob");
        var carol = await shared.NewUserAsync("carol");
        var group = await alice.CreateGroupAsync("Typing", bob, carol);
        await using var writing = await alice.ConnectCaughtUpAsync();
        await using var one = await bob.ConnectCaughtUpAsync();
        await using var other = await carol.ConnectCaughtUpAsync();

        await writing.TypingAsync(new { conversationId = group, active = true });
        foreach (var member in new[] { one, other })
        {
            var typing = await member.ExpectAsync("typing", t => t.Is("conversationId", group) && t.Is("userId", alice.UserId));
            Assert.True(typing.Json.Flag("active"));
        }

        await writing.TypingAsync(new { conversationId = group, active = false });
        Assert.False((await one.ExpectAsync("typing")).Json.Flag("active"));
        await writing.PingAsync();
        Assert.DoesNotContain(writing.Received.All, f => f.Type == "typing");
    }
}

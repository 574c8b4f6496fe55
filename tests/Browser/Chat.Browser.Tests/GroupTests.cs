using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class GroupTests(Browsers browsers)
{
    [Fact]
    public async Task A_group_is_made_talks_changes_and_is_left()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await using var carol = await browsers.RegisterAsync("carol");

        await alice.Button("New conversation").ClickAsync();
        await alice.Page.GetByRole(AriaRole.Radio, new() { Name = "With a group" }).CheckAsync();
        await alice.Page.GetByLabel("Title").FillAsync("Hikers");
        await alice.Page.GetByLabel("Members", new() { Exact = true }).FillAsync($"{bob.UserId}, {carol.UserId}");
        await alice.Button("Create group").ClickAsync();
        await alice.SendAsync("who is coming?");

        await bob.OpenConversationAsync("Hikers");
        await bob.SeeAsync("who is coming?");
        await alice.SeeTickAsync("who is coming?", "delivered");
        await carol.OpenConversationAsync("Hikers");
        await alice.SeeTickAsync("who is coming?", "read");

        await alice.Button("Group details").ClickAsync();
        var details = alice.Page.GetByRole(AriaRole.Complementary, new() { Name = "Group details" });
        await Expect(details).ToContainTextAsync("3 members");
        await details.GetByRole(AriaRole.Button, new() { Name = $"What to do with {bob.UserId}" }).ClickAsync();
        await details.GetByRole(AriaRole.Button, new() { Name = "Make admin" }).ClickAsync();
        await Expect(details.GetByRole(AriaRole.Listitem).Filter(new() { HasText = bob.UserId })).ToContainTextAsync("Admin");

        await bob.Button("Group details").ClickAsync();
        await bob.Page.GetByLabel("Title").FillAsync("Bikers");
        await bob.Button("Save").ClickAsync();
        await Expect(carol.Row("Bikers")).ToBeVisibleAsync();
        // Told to all in the same order, to each in its words; the message of alice stands in between.
        foreach (var (window, lines) in new[]
        {
            (alice, new[] { $"You created the group “Hikers” with {bob.UserId} and {carol.UserId}", $"You made {bob.UserId} an admin", $"{bob.UserId} renamed the group to “Bikers”" }),
            (carol, [$"{alice.UserId} created the group “Hikers” with you and {bob.UserId}", $"{alice.UserId} made {bob.UserId} an admin", $"{bob.UserId} renamed the group to “Bikers”"]),
        })
            await Expect(window.Page.Locator(".messages li.notice")).ToHaveTextAsync(lines);
        await Expect(carol.Page.Locator(".messages li").Nth(1)).ToContainTextAsync("who is coming?");

        await carol.Button("Group details").ClickAsync();
        await carol.Button("Leave group").ClickAsync();
        await carol.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Leave group" }).ClickAsync();
        await Expect(carol.Rows).ToHaveCountAsync(0);
        await Expect(details).ToContainTextAsync("2 members");
    }

    [Fact]
    public async Task On_a_phone_what_comes_behind_the_details_stays_unread()
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        using var bob = await Seed.RegisterAsync(await browsers.ServerAsync(), browsers.NewUserId("bob"));
        var group = await bob.CreateGroupAsync("Hikers", alice.UserId);
        await bob.WriteManyAsync(group, 300);
        await alice.OpenConversationAsync("Hikers");
        // Above the notice that the group was created.
        await Expect(alice.Messages.Last).ToHaveAttributeAsync("data-seq", "301");
        await Expect(alice.Page).ToHaveTitleAsync("Hikers · Chat");
        var shown = await alice.Messages.CountAsync();

        await alice.Button("Group details").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Heading, new() { Name = "Members" })).ToBeVisibleAsync();
        await bob.WriteAsync(group, "one more");
        await bob.WriteAsync(group, "and another");
        await Expect(alice.Page).ToHaveTitleAsync("(2) Hikers · Chat");
        await Expect(alice.Messages).ToHaveCountAsync(shown + 2);
        // What the page does about it, it does in the next frame.
        await alice.Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        await Expect(alice.Page).ToHaveTitleAsync("(2) Hikers · Chat");
        Assert.Equal(shown + 2, await alice.Messages.CountAsync());

        await alice.Button("Close details").ClickAsync();
        await Expect(alice.Message("and another")).ToBeInViewportAsync();
        await Expect(alice.Page).ToHaveTitleAsync("Hikers · Chat");
    }
}

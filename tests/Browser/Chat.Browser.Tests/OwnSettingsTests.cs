using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>What a user sets for its conversations, in every browser of the user.</summary>
public sealed class OwnSettingsTests(Browsers browsers)
{
    private static readonly Dictionary<string, Screen> _screens = new(StringComparer.Ordinal)
    {
        ["desktop-light"] = Screen.Desktop,
        ["phone-dark"] = Screen.Phone.InTheDark,
        ["small-phone-light"] = Screen.SmallPhone,
    };

    public static TheoryData<string> Screens => [.. _screens.Keys];

    [Fact]
    public async Task Conversations_are_pinned_archived_marked_cleared_and_deleted_in_every_browser_and_drafts_follow()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        using var carol = await Seed.RegisterAsync(server, browsers.NewUserId("carol"));
        await bob.WriteAsync($"@{alice.UserId}", "one");
        await carol.WriteAsync($"@{alice.UserId}", "hello");
        await using var other = await browsers.OpenAsync(server);
        await other.SignInAsync(alice.UserId);
        await Expect(other.Rows.First).ToContainTextAsync(carol.UserId);

        await ChooseAsync(alice, bob.UserId, "Pin to the top");
        foreach (var window in new[] { alice, other })
            await Expect(window.Rows.First).ToContainTextAsync(bob.UserId);

        await ChooseAsync(alice, bob.UserId, "Mark as unread");
        await Expect(other.Row(bob.UserId)).ToContainTextAsync("Marked as unread");
        await other.OpenConversationAsync(bob.UserId);
        await Expect(alice.Row(bob.UserId)).Not.ToContainTextAsync("Marked as unread");

        await other.Composer.FillAsync("half a thought");
        await other.Page.GotoAsync("./#/");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("half a thought");
        await alice.OpenConversationAsync(bob.UserId);
        await Expect(alice.Composer).ToHaveValueAsync("half a thought");
        await alice.Composer.PressAsync("Enter");
        await alice.SeeTickAsync("half a thought", "sent");
        await Expect(other.Row(bob.UserId)).Not.ToContainTextAsync("Draft:");

        await ChooseAsync(alice, bob.UserId, "Archive");
        await Expect(other.Row(bob.UserId)).ToHaveCountAsync(0);
        await other.Button("1 archived conversation").PressAsync("Enter");
        await Expect(other.Page.GetByRole(AriaRole.Heading, new() { Name = "Archived" })).ToBeFocusedAsync();
        await Expect(other.Page.GetByRole(AriaRole.Navigation, new() { Name = "Archived" })).ToContainTextAsync(bob.UserId);
        await bob.WriteAsync($"@{alice.UserId}", "two");
        await Expect(other.Page.GetByText("Nothing is archived.")).ToBeVisibleAsync();
        await other.Button("Back").ClickAsync();
        await Expect(other.Row(bob.UserId)).ToContainTextAsync("two");

        await ChooseAsync(alice, bob.UserId, "Clear chat", confirms: true);
        await Expect(alice.Messages).ToHaveCountAsync(0);
        foreach (var window in new[] { alice, other })
            await Expect(window.Row(bob.UserId)).ToContainTextAsync("No messages yet");

        await ChooseAsync(alice, bob.UserId, "Delete chat", confirms: true);
        foreach (var window in new[] { alice, other })
            await Expect(window.Row(bob.UserId)).ToHaveCountAsync(0);
        await alice.Page.ReloadAsync();
        await Expect(alice.Rows).ToHaveCountAsync(1);
        await bob.WriteAsync($"@{alice.UserId}", "three");
        await alice.OpenConversationAsync(bob.UserId);
        await alice.SeeAsync("three");
        Assert.Equal(["three"], await alice.MessageTextsAsync());
    }

    [Fact]
    public async Task A_note_to_self_is_in_every_browser_of_the_user()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        await using var other = await browsers.OpenAsync(server);
        await other.SignInAsync(alice.UserId);

        await alice.Button("New conversation").ClickAsync();
        await alice.Button("Write a note to yourself").ClickAsync();
        await Expect(alice.Page.GetByText("What you write here goes to all your devices")).ToBeVisibleAsync();
        await alice.SendAsync("milk");
        await alice.SeeTickAsync("milk", "sent");

        await Expect(other.Row("Note to self")).ToContainTextAsync("milk");
        await Expect(other.Row("Note to self")).Not.ToContainTextAsync("unread");
        await other.OpenConversationAsync("Note to self");
        await other.SeeAsync("milk");
    }

    [Theory, MemberData(nameof(Screens))]
    public async Task What_is_set_has_no_finding(string screen)
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice", screen: _screens[screen]);
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        using var carol = await Seed.RegisterAsync(server, browsers.NewUserId("carol"));
        await bob.WriteAsync($"@{alice.UserId}", "Sunday at seven?");
        await carol.WriteAsync($"@{alice.UserId}", "Morning!");

        await alice.OpenConversationAsync(bob.UserId);
        await alice.Button("This conversation").ClickAsync();
        await CheckAsync(alice, $"{screen}-conversation-menu");
        await alice.Button("Pin to the top").ClickAsync();
        await Expect(alice.Button("This conversation")).ToBeFocusedAsync();
        await ChooseAsync(alice, carol.UserId, "Archive");
        await ChooseAsync(alice, bob.UserId, "Mark as unread");
        await alice.Page.GotoAsync("./#/");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("Marked as unread");
        await CheckAsync(alice, $"{screen}-list-with-archived");
        await alice.Button("1 archived conversation").ClickAsync();
        await CheckAsync(alice, $"{screen}-archived");
        await alice.Button("Back").ClickAsync();
        await alice.OpenConversationAsync(bob.UserId);
        await alice.Button("This conversation").ClickAsync();
        await alice.Button("Delete chat").ClickAsync();
        await CheckAsync(alice, $"{screen}-delete-chat");
    }

    private static async Task ChooseAsync(Window window, string conversation, string entry, bool confirms = false)
    {
        await window.Page.GotoAsync("./#/");
        await window.OpenConversationAsync(conversation);
        await window.Button("This conversation").ClickAsync();
        await window.Button(entry).ClickAsync();
        if (confirms)
            await window.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = entry }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    private static async Task CheckAsync(Window window, string view)
    {
        await Pictures.TakeAsync(window, view);
        var result = await window.Page.RunAxe();
        Assert.True(result.Passes.Length > 0, $"axe looked at nothing on {view}.");
        Assert.Empty(result.Violations.Select(v => $"{view}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

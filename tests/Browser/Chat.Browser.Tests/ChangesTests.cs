using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Messages that are edited, deleted, reacted to and pinned, as both sides see it.</summary>
public sealed class ChangesTests(Browsers browsers)
{
    [Fact]
    public async Task An_edit_by_the_arrow_key_is_seen_by_the_other_with_the_earlier_text()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await TalkAsync(alice, bob, "see you at six");
        await ChangeableAsync(alice, "see you at six");

        await alice.Composer.PressAsync("ArrowUp");
        await Expect(alice.Composer).ToHaveValueAsync("see you at six");
        await alice.Composer.FillAsync("see you at *seven*");
        await alice.Composer.PressAsync("Enter");

        await Expect(alice.Composer).ToHaveValueAsync("");
        await Expect(bob.Message("see you at seven").GetByRole(AriaRole.Button, new() { Name = "edited" })).ToBeVisibleAsync();
        await Expect(bob.Messages).ToHaveCountAsync(1);
        await bob.Message("see you at seven").GetByText("edited").ClickAsync();
        var texts = bob.Page.GetByRole(AriaRole.Dialog, new() { Name = "Earlier texts" }).GetByRole(AriaRole.Listitem);
        await Expect(texts).ToHaveTextAsync([new Regex("see you at \\*seven\\*"), new Regex("First text.*see you at six")]);
    }

    [Fact]
    public async Task A_reaction_is_set_and_taken_back_by_its_pill()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await TalkAsync(alice, bob, "cake?");
        var menu = await MenuAsync(bob, "cake?");
        await menu.GetByRole(AriaRole.Button, new() { Name = "React with ❤️" }).ClickAsync();

        var pill = alice.Message("cake?").Locator(".reaction");
        await Expect(pill).ToHaveAttributeAsync("aria-label", new Regex($"❤️: 1 reaction: {bob.UserId}"));
        await pill.ClickAsync();
        await Expect(bob.Message("cake?").Locator(".reaction")).ToHaveTextAsync(new Regex("2"));
        await pill.ClickAsync();
        await Expect(bob.Message("cake?").Locator(".reaction")).Not.ToHaveTextAsync(new Regex("2"));

        await (await MenuAsync(alice, "cake?")).GetByRole(AriaRole.Button, new() { Name = "All emoji" }).ClickAsync();
        await alice.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Search emoji" }).FillAsync("birthday cake");
        // The words are loaded when they are asked for.
        await Expect(alice.Page.GetByRole(AriaRole.Button, new() { Name = "birthday cake" })).ToBeVisibleAsync();
        await alice.Page.Keyboard.PressAsync("Enter");
        await Expect(bob.Message("cake?").Locator(".reaction")).ToHaveTextAsync(["❤️", "🎂"]);
    }

    [Fact]
    public async Task A_deleted_message_leaves_its_place_for_all()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await TalkAsync(alice, bob, "wrong window");
        await (await MenuAsync(alice, "wrong window")).GetByRole(AriaRole.Button, new() { Name = "Delete for everyone" }).ClickAsync();
        await alice.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete for everyone" }).ClickAsync();

        await Expect(alice.Messages).ToContainTextAsync(["You deleted this message."]);
        await Expect(bob.Messages).ToContainTextAsync(["This message was deleted."]);
        await Expect(bob.Row(alice.UserId)).ToContainTextAsync("This message was deleted.");
        await bob.Page.ReloadAsync();
        await Expect(bob.Messages).ToContainTextAsync(["This message was deleted."]);
    }

    [Fact]
    public async Task A_pinned_message_is_a_jump_away_for_all()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await TalkAsync(alice, bob, "the address is 5 Lake Road");
        await (await MenuAsync(bob, "Lake Road")).GetByRole(AriaRole.Button, new() { Name = "Pin for all" }).ClickAsync();

        var bar = alice.Page.Locator(".pinned-bar");
        await Expect(bar).ToContainTextAsync("Lake Road");
        await bar.ClickAsync();
        await Expect(alice.Message("Lake Road")).ToBeFocusedAsync();
        await (await MenuAsync(alice, "Lake Road")).GetByRole(AriaRole.Button, new() { Name = "Unpin" }).ClickAsync();
        await Expect(bob.Page.Locator(".pinned-bar")).ToHaveCountAsync(0);
    }

    private static async Task TalkAsync(Window alice, Window bob, string text)
    {
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync(text);
        await bob.OpenConversationAsync(alice.UserId);
        await bob.SeeAsync(text);
    }

    // The page asks the server once whether messages can be changed; until then it offers no change.
    private static async Task ChangeableAsync(Window window, string text)
    {
        await Expect((await MenuAsync(window, text)).GetByRole(AriaRole.Button, new() { Name = "Pin for all" })).ToBeVisibleAsync();
        await window.Page.Keyboard.PressAsync("Escape");
        await window.Composer.FocusAsync();
    }

    private static async Task<ILocator> MenuAsync(Window window, string text)
    {
        await window.Message(text).Locator(".bubble").ClickAsync(new() { Button = MouseButton.Right, Position = new() { X = 12, Y = 12 } });
        return window.Page.Locator("dialog.message-menu");
    }
}

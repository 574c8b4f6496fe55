using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Messages that disappear.</summary>
public sealed class TimersTests(Browsers browsers)
{
    private static readonly Dictionary<string, Screen> _screens = new(StringComparer.Ordinal)
    {
        ["desktop-light"] = Screen.Desktop,
        ["phone-dark"] = Screen.Phone.InTheDark,
        ["small-phone-light"] = Screen.SmallPhone,
    };

    public static TheoryData<string> Screens => [.. _screens.Keys];

    [Theory, MemberData(nameof(Screens))]
    public async Task A_timer_is_set_in_a_dialog_and_both_see_it(string screen)
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: _screens[screen]);
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("This stays");
        await alice.SeeTickAsync("This stays", "delivered");
        await bob.OpenConversationAsync(alice.UserId);

        await alice.Button("This conversation").ClickAsync();
        await alice.Button("Disappearing messages").ClickAsync();
        var dialog = alice.Page.GetByRole(AriaRole.Dialog, new() { Name = "Disappearing messages" });
        await Expect(dialog.GetByRole(AriaRole.Radio, new() { Name = "Off" })).ToBeCheckedAsync();
        await dialog.GetByRole(AriaRole.Radio, new() { Name = "Another time" }).CheckAsync();
        await dialog.GetByRole(AriaRole.Spinbutton, new() { Name = "How many" }).FillAsync("8000");
        await Expect(dialog.GetByText("From a minute to 365 days.")).ToHaveCountAsync(0);
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Unit" }).SelectOptionAsync("day");
        await Expect(dialog.GetByText("From a minute to 365 days.")).ToBeVisibleAsync();
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Set" })).ToBeDisabledAsync();
        await CheckAsync(alice, $"{screen}-timer-dialog");
        await dialog.GetByRole(AriaRole.Spinbutton, new() { Name = "How many" }).FillAsync("3");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set" }).ClickAsync();

        await Expect(alice.Page.GetByText("You set messages to disappear after 3 days")).ToBeVisibleAsync();
        await Expect(bob.Page.GetByText($"{alice.UserId} set messages to disappear after 3 days")).ToBeVisibleAsync();
        await Expect(bob.Button("Disappearing messages: 3 days")).ToBeVisibleAsync();
        await bob.SendAsync("This goes");
        var mark = alice.Message("This goes").Locator(".message-goes");
        await Expect(mark).ToHaveCountAsync(1);
        await Expect(alice.Message("This stays").Locator(".message-goes")).ToHaveCountAsync(0);
        await CheckAsync(alice, $"{screen}-timer");

        await alice.Button("Disappearing messages: 3 days").ClickAsync();
        await dialog.GetByRole(AriaRole.Radio, new() { Name = "Off" }).CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set" }).ClickAsync();
        await Expect(bob.Page.GetByText($"{alice.UserId} turned disappearing messages off")).ToBeVisibleAsync();
        await Expect(bob.Button("Disappearing messages: 3 days")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_message_disappears_from_view_and_list_for_both_and_stays_away_after_a_reload()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        await bob.WriteAsync($"@{alice.UserId}", "This stays");
        await bob.SetTimerAsync(string.CompareOrdinal(alice.UserId, bob.UserId) < 0 ? $"dm:{alice.UserId}:{bob.UserId}" : $"dm:{bob.UserId}:{alice.UserId}", 5);
        await bob.WriteAsync($"@{alice.UserId}", "This goes");
        await alice.OpenConversationAsync(bob.UserId);
        await alice.SendAsync("Mine, too");

        await Expect(alice.Messages).ToHaveTextAsync([new Regex("This stays")]);
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("This stays");
        await alice.Page.ReloadAsync();
        await Expect(alice.Messages).ToHaveTextAsync([new Regex("This stays")]);
    }

    [Fact]
    public async Task In_a_group_a_member_sees_the_timer_and_cannot_set_it()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        await bob.SetTimerAsync(await bob.CreateGroupAsync("Hut", alice.UserId), 604_800);
        await alice.OpenConversationAsync("Hut");

        await alice.Button("Disappearing messages: 1 week").ClickAsync();
        var dialog = alice.Page.GetByRole(AriaRole.Dialog, new() { Name = "Disappearing messages" });
        await Expect(dialog.GetByText("The group’s owner and admins can change this.")).ToBeVisibleAsync();
        await Expect(dialog.GetByRole(AriaRole.Radio)).ToHaveCountAsync(0);
        await CheckAsync(alice, "timer-member");
    }

    private static async Task CheckAsync(Window window, string view)
    {
        await Pictures.TakeAsync(window, view);
        var result = await window.Page.RunAxe();
        Assert.Empty(result.Violations.Select(v => $"{view}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

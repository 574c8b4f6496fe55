using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class MuteTests(Browsers browsers)
{
    // The system's own cannot be looked at, and Playwright gives the focus to every page at once.
    private const string Record = """
        globalThis.shown = []
        globalThis.Notification = class extends EventTarget {
          static permission = 'granted'
          constructor(title, options) { super(); shown.push(options.body) }
          close() { }
        }
        document.hasFocus = () => false
        """;

    private static readonly Dictionary<string, Screen> _screens = new(StringComparer.Ordinal)
    {
        ["desktop-light"] = Screen.Desktop,
        ["desktop-dark"] = Screen.Desktop.InTheDark,
        ["phone-light"] = Screen.Phone,
        ["phone-dark"] = Screen.Phone.InTheDark,
        ["small-phone-light"] = Screen.SmallPhone,
    };

    public static TheoryData<string> Screens => [.. _screens.Keys];

    [Fact]
    public async Task A_muted_conversation_is_marked_in_every_browser_of_the_user_and_notifies_of_nothing()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice", script: Record);
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        using var carol = await Seed.RegisterAsync(server, browsers.NewUserId("carol"));
        await bob.WriteAsync($"@{alice.UserId}", "heard");
        await SeeAsync(alice, "heard");
        await using var other = await browsers.OpenAsync(server);
        await other.SignInAsync(alice.UserId);

        await alice.OpenConversationAsync(bob.UserId);
        await alice.Button("Mute notifications").ClickAsync();
        await alice.Button("8 hours").ClickAsync();
        await Expect(alice.Button("Muted")).ToBeVisibleAsync();
        foreach (var window in new[] { alice, other })
            await Expect(Mark(window, bob)).ToBeVisibleAsync();
        await Expect(Mark(alice, carol)).ToHaveCountAsync(0);

        await bob.WriteAsync($"@{alice.UserId}", "not heard");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("not heard");
        await carol.WriteAsync($"@{alice.UserId}", "heard, too");
        await SeeAsync(alice, "heard", "heard, too");

        // Still so after a reload; and ended on the other one.
        await alice.Page.ReloadAsync();
        await Expect(Mark(alice, bob)).ToBeVisibleAsync();
        await other.OpenConversationAsync(bob.UserId);
        await other.Button("Muted").ClickAsync();
        await other.Button("Unmute").ClickAsync();
        await Expect(Mark(alice, bob)).ToHaveCountAsync(0);
        // Who looks at it is not notified.
        await other.Page.GotoAsync("./#/");
        await bob.WriteAsync($"@{alice.UserId}", "heard again");
        await SeeAsync(alice, "heard again");
    }

    [Fact]
    public async Task A_conversation_that_nobody_has_begun_cannot_be_muted_yet()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await Expect(alice.Button("Media, files and links")).ToBeVisibleAsync();
        await Expect(alice.Button("Mute notifications")).ToHaveCountAsync(0);

        await alice.SendAsync("hello");

        await Expect(alice.Button("Mute notifications")).ToBeVisibleAsync();
    }

    [Theory, MemberData(nameof(Screens))]
    public async Task Muting_has_no_finding(string screen)
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice", screen: _screens[screen]);
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        var group = await bob.CreateGroupAsync("Marathon training", alice.UserId);
        await bob.WriteAsync(group, "Sunday at seven?");
        using var carol = await Seed.RegisterAsync(server, browsers.NewUserId("carol"));
        await carol.WriteAsync($"@{alice.UserId}", "Morning!");

        await alice.OpenConversationAsync("Marathon training");
        await alice.Button("Mute notifications").ClickAsync();
        await CheckAsync(alice, $"{screen}-mute");
        await alice.Button("Always").ClickAsync();
        await Expect(alice.Button("Muted")).ToBeVisibleAsync();
        await CheckAsync(alice, $"{screen}-muted-conversation");
        await alice.Page.GotoAsync("/#/");
        await bob.WriteAsync(group, "Or at eight?");
        await Expect(alice.Row("Marathon training")).ToContainTextAsync("1 unread message");
        await CheckAsync(alice, $"{screen}-muted-list");
        await alice.OpenConversationAsync("Marathon training");
        await alice.Button("Muted").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Always muted.");
        await CheckAsync(alice, $"{screen}-unmute");
        await alice.Button("Unmute").ClickAsync();

        await Expect(alice.Button("Mute notifications")).ToBeFocusedAsync();
    }

    private static ILocator Mark(Window window, Seed peer) => window.Row(peer.UserId).GetByRole(AriaRole.Img, new() { Name = "Muted" });

    private static Task SeeAsync(Window window, params string[] bodies) => Until.TrueAsync(
        async () => (await window.Page.EvaluateAsync<string[]>("shown")).SequenceEqual(bodies), $"notifications of {string.Join(", ", bodies)}, and no other");

    private static async Task CheckAsync(Window window, string view)
    {
        await Pictures.TakeAsync(window, view);
        var result = await window.Page.RunAxe();
        Assert.True(result.Passes.Length > 0, $"axe looked at nothing on {view}.");
        Assert.Empty(result.Violations.Select(v => $"{view}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

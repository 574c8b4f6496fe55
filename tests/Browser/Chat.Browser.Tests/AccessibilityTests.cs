using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>axe finds nothing on any view, on a phone and on a desktop, in the light and in the dark; each view leaves a picture.</summary>
/// <remarks>Pictures go to the folder that CHAT_SCREENSHOTS names; without it nowhere.</remarks>
public sealed class AccessibilityTests(Browsers browsers)
{
    private static readonly Dictionary<string, Screen> _screens = new(StringComparer.Ordinal)
    {
        ["desktop light"] = Screen.Desktop,
        ["desktop dark"] = Screen.Desktop.InTheDark,
        ["phone light"] = Screen.Phone,
        ["phone dark"] = Screen.Phone.InTheDark,
    };

    public static TheoryData<string> Screens => [.. _screens.Keys];

    [Theory, MemberData(nameof(Screens))]
    public async Task No_view_has_a_finding(string name)
    {
        var screen = _screens[name];
        await using var alice = await browsers.OpenAsync(screen: screen);
        await CheckAsync(alice, name, "sign-in");
        await alice.Button("Create account").ClickAsync();
        await CheckAsync(alice, name, "register");
        await alice.Button("Sign in").ClickAsync();
        await alice.RegisterAsync(browsers.NewUserId("Alice"));
        await CheckAsync(alice, name, "empty");

        using var people = await PeopleAsync(alice);
        await CheckAsync(alice, name, "list");
        await alice.Row("Summer trip").ClickAsync();
        await alice.SeeAsync("Who drives?");
        await alice.SendAsync("I can take two of you");
        await alice.SeeTickAsync("I can take two of you", "sent");
        await CheckAsync(alice, name, "conversation");

        await alice.Button("Group details").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Heading, new() { Name = "Members" })).ToBeVisibleAsync();
        await CheckAsync(alice, name, "details");
        await alice.Button("Leave group").ClickAsync();
        await CheckAsync(alice, name, "dialog");
        await alice.Page.Keyboard.PressAsync("Escape");

        foreach (var view in new[] { "new", "devices", "settings" })
        {
            await alice.Page.GotoAsync($"/#/{view}");
            await Expect(alice.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await CheckAsync(alice, name, view);
        }

        await alice.Page.GotoAsync("/#/");
        await alice.Row("Summer trip").ClickAsync();
        await alice.OfflineAsync(true);
        await alice.SeeBarAsync("No connection.");
        await alice.SendAsync("Written in a tunnel");
        await CheckAsync(alice, name, "offline");
    }

    private async Task<IDisposable> PeopleAsync(Window alice)
    {
        var server = await browsers.ServerAsync();
        var bob = await Seed.RegisterAsync(server, browsers.NewUserId("Bob"));
        var group = await bob.CreateGroupAsync("Summer trip", alice.UserId);
        await bob.WriteAsync($"@{alice.UserId}", "Did you see the weather?");
        await bob.WriteAsync(group, "The hut is booked for Friday.");
        await bob.WriteAsync(group, "Map: https://example.org/maps/hut");
        await bob.WriteAsync(group, "Who drives?");
        await Expect(alice.Row("Summer trip")).ToContainTextAsync("3 unread messages");
        return bob;
    }

    private static async Task CheckAsync(Window window, string screen, string view)
    {
        if (Environment.GetEnvironmentVariable("CHAT_SCREENSHOTS") is { Length: > 0 } folder)
            await window.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{screen.Replace(' ', '-')}-{view}.png") });

        var result = await window.Page.RunAxe();
        Assert.True(result.Passes.Length > 0, $"axe looked at nothing on {view}.");
        Assert.Empty(result.Violations.Select(v => $"{view}, {screen}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>axe finds nothing on any view, on a phone and on a desktop, in the light and in the dark; each view leaves a picture.</summary>
/// <remarks>Pictures go to the folder that CHAT_SCREENSHOTS names; without it nowhere. Those of docs/pictures were made so.</remarks>
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
        await using var server = await ServerProcess.StartAsync();
        await using var alice = await browsers.OpenAsync(server, _screens[name]);
        await Expect(alice.Page.GetByLabel("User id")).ToBeVisibleAsync();
        await CheckAsync(alice, name, "sign-in");
        await alice.Button("Create account").ClickAsync();
        await CheckAsync(alice, name, "register");
        await alice.Button("Sign in").ClickAsync();
        await alice.RegisterAsync("alice");
        await CheckAsync(alice, name, "empty");

        await using var bob = await browsers.OpenAsync(server);
        await bob.RegisterAsync("bob");
        await WriteAsync(server, bob);
        await Expect(alice.Row("Summer trip")).ToContainTextAsync("2 unread messages");
        await CheckAsync(alice, name, "list");
        await TalkAsync(alice, bob);
        await CheckAsync(alice, name, "conversation");

        await alice.Page.GotoAsync("/#/");
        await alice.OpenConversationAsync("Summer trip");
        await Expect(alice.Page.GetByText("carol created the group “Summer trip” with you, bob, and dana")).ToBeVisibleAsync();
        await CheckAsync(alice, name, "group");
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

        await alice.Button("Change password").ClickAsync();
        await CheckAsync(alice, name, "password");
        await alice.Page.Keyboard.PressAsync("Escape");

        await alice.Page.GotoAsync("/#/");
        await alice.OpenConversationAsync("bob");
        await alice.OfflineAsync(true);
        await alice.SeeBarAsync("No connection.");
        await alice.SendAsync("Back in the tunnel");
        await CheckAsync(alice, name, "offline");
    }

    private static async Task WriteAsync(ServerProcess server, Window bob)
    {
        using var carol = await Seed.RegisterAsync(server, "carol");
        using var dana = await Seed.RegisterAsync(server, "dana");
        await dana.WriteAsync("@alice", "Thanks for the book!");
        var group = await carol.CreateGroupAsync("Summer trip", "alice", "bob", "dana");
        await carol.WriteAsync(group, "The hut is booked from Friday to Sunday.");
        await dana.WriteAsync(group, "Map: https://example.org/maps/hut");
        await bob.WriteToAsync("alice");
        await bob.SendAsync("Morning! Are you coming to the lake on Saturday?");
        await bob.SeeTickAsync("Morning!", "delivered");
    }

    private static async Task TalkAsync(Window alice, Window bob)
    {
        await alice.OpenConversationAsync("bob");
        await alice.SendAsync("Yes! I can take two of you, if you bring the tent.");
        await alice.SeeTickAsync("if you bring the tent", "read");
        await alice.SendAsync("We leave at nine, at the old bridge.");
        await bob.SeeAsync("We leave at nine");
        await bob.Message("We leave at nine").HoverAsync();
        await bob.Message("We leave at nine").GetByRole(AriaRole.Button, new() { Name = "Reply to alice" }).ClickAsync();
        await bob.SendAsync("Nine it is. The tent is in the cellar, I hope \U0001F605");
        await alice.SeeAsync("Nine it is");
        await alice.SendAsync("See you there!");
        await alice.SeeTickAsync("See you there!", "read");
    }

    private static async Task CheckAsync(Window window, string screen, string view)
    {
        await Pictures.TakeAsync(window, $"{screen.Replace(' ', '-')}-{view}");
        var result = await window.Page.RunAxe();
        Assert.True(result.Passes.Length > 0, $"axe looked at nothing on {view}.");
        Assert.Empty(result.Violations.Select(v => $"{view}, {screen}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

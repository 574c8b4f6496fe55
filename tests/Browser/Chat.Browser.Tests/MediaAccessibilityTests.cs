using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>axe finds nothing where there are media; each view leaves a picture (CHAT_SCREENSHOTS).</summary>
public sealed class MediaAccessibilityTests(Browsers browsers)
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
    public async Task No_view_with_media_has_a_finding(string name)
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: _screens[name]);
        await using var bob = await browsers.RegisterAsync("bob");
        await bob.WriteToAsync(alice.UserId);
        await bob.PickAsync(await Files.PictureAsync(bob, "sunset over the lake.jpg", 1600, 1000));
        await bob.SendAsync("The lake, just now");
        await alice.OpenConversationAsync(bob.UserId);
        await bob.SeeTickAsync("The lake", "read");
        await alice.PickAsync(
            await Files.PictureAsync(alice, "1.jpg", hue: 90), await Files.PictureAsync(alice, "2.jpg", 700, 900, hue: 150),
            await Files.PictureAsync(alice, "3.jpg", hue: 260), await Files.PictureAsync(alice, "4.jpg", hue: 320), await Files.PictureAsync(alice, "5.jpg"),
            Files.Text("packing list.txt", "tent, rope"));
        await Expect(alice.Page.Locator(".tray-file img")).ToHaveCountAsync(5);
        await CheckAsync(alice, name, "chosen");
        await alice.SendAsync("Ours!");
        await bob.SeeAsync("Ours!");
        await alice.Button("Record a voice message").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Timer)).ToHaveTextAsync(new Regex("0:(0[2-9]|[1-5]\\d)"));
        await CheckAsync(alice, name, "recording");
        await alice.Button("Send the voice message").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Group, new() { Name = "Voice message" })).ToBeVisibleAsync();
        await Expect(alice.Messages.Locator("[data-shown=picture]")).ToHaveCountAsync(5);
        await CheckAsync(alice, name, "media");

        await alice.Messages.Locator(".tile").First.ClickAsync();
        await alice.Page.Locator("dialog img[data-loaded=whole]").WaitForAsync();
        await CheckAsync(alice, name, "viewer");
        await alice.Page.Keyboard.PressAsync("Escape");
        await alice.Button("Media, files and links").ClickAsync();
        await Expect(alice.Page.Locator(".shared-grid li")).ToHaveCountAsync(6);
        await CheckAsync(alice, name, "shared");
        await alice.Page.GetByText("Files", new() { Exact = true }).ClickAsync();
        await Expect(alice.Page.Locator(".shared-list li")).ToHaveCountAsync(2);
        await CheckAsync(alice, name, "shared-files");
        await alice.Page.GotoAsync("./#/");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("Voice message");
        await CheckAsync(alice, name, "media-list");
    }

    private static async Task CheckAsync(Window window, string screen, string view)
    {
        await Pictures.TakeAsync(window, $"{screen.Replace(' ', '-')}-{view}");
        var result = await window.Page.RunAxe();
        Assert.True(result.Passes.Length > 0, $"axe looked at nothing on {view}.");
        Assert.Empty(result.Violations.Select(v => $"{view}, {screen}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

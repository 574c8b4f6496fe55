using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class ConnectionTests(Browsers browsers)
{
    private const string OfflineBar = "No connection. Messages you write are kept and go out by themselves.";

    [Fact]
    public async Task What_is_written_offline_goes_out_by_itself_also_after_a_reload()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("before");
        await bob.OpenConversationAsync(alice.UserId);
        await alice.SeeTickAsync("before", "read");

        await alice.OfflineAsync(true);
        await alice.SeeBarAsync(OfflineBar);
        await alice.SendAsync("meanwhile 1");
        await alice.SendAsync("meanwhile 2");
        await Expect(alice.Page.Locator("li.outgoing")).ToHaveCountAsync(2);
        await bob.SendAsync("you there?");

        await alice.OfflineAsync(false);
        await alice.SeeNoBarAsync();
        await alice.SeeAsync("you there?");
        await alice.SeeTickAsync("meanwhile 2", "read");
        Assert.Equal(["meanwhile 1", "meanwhile 2"], await MessageTextsAsync(bob, "meanwhile"));
    }

    [Fact]
    public async Task A_message_that_waits_survives_a_reload()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var alice = await browsers.RegisterAsync("alice", server);
        await alice.WriteToAsync("bob");
        await alice.SendAsync("one");
        await alice.SeeTickAsync("one", "sent");
        await server.KillHardAsync();
        await alice.SeeBarAsync(OfflineBar);
        await alice.SendAsync("two");
        await Expect(alice.Page.Locator("li.outgoing")).ToHaveCountAsync(1);

        await server.StartAgainAsync();
        await alice.Page.ReloadAsync();
        await alice.SeeTickAsync("two", "sent");
        Assert.Equal(["one", "two"], await MessageTextsAsync(alice, ""));
    }

    [Fact]
    public async Task A_server_restart_while_somebody_types_loses_nothing()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var alice = await browsers.RegisterAsync("alice", server);
        await using var bob = await browsers.RegisterAsync("bob", server);
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("hi");
        await bob.OpenConversationAsync(alice.UserId);
        await alice.Composer.PressSequentiallyAsync("I was just about to");
        await Expect(bob.Row(alice.UserId)).ToContainTextAsync("writing…");

        Assert.Equal(0, await server.RestartAsync());
        await Expect(alice.Composer).ToHaveValueAsync("I was just about to");
        await alice.Composer.PressSequentiallyAsync(" say this");
        await alice.Composer.PressAsync("Enter");
        await bob.SeeAsync("I was just about to say this");
        await alice.SeeTickAsync("I was just about to say this", "read");
        await alice.SeeNoBarAsync();
    }

    [Fact]
    public async Task Two_tabs_are_one_device_and_the_second_takes_over_from_the_first()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("from the first tab");
        var second = await alice.OpenTabAsync();
        await second.OpenConversationAsync(bob.UserId);
        await second.SeeAsync("from the first tab");

        await second.SendAsync("from the second tab");
        await alice.SeeTickAsync("from the second tab", "delivered");
        await second.SeeTickAsync("from the second tab", "delivered");
        await bob.OpenConversationAsync(alice.UserId);
        await second.SeeTickAsync("from the second tab", "read");

        await alice.CloseTabAsync();
        await bob.SendAsync("still there?");
        await second.SeeAsync("still there?");
        await second.SendAsync("yes");
        await bob.SeeAsync("yes");
        await second.SeeNoBarAsync();
    }

    [Fact]
    public async Task Two_devices_of_a_user_show_the_same_and_one_can_sign_the_other_out()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await bob.WriteToAsync(alice.UserId);
        await bob.SendAsync("one");
        await alice.OpenConversationAsync(bob.UserId);
        await alice.SeeAsync("one");

        await using var phone = await browsers.OpenAsync(screen: Screen.Phone);
        await phone.SignInAsync(alice.UserId);
        await phone.OpenConversationAsync(bob.UserId);
        await phone.SeeAsync("one");
        await phone.SendAsync("from the phone");
        await alice.SeeAsync("from the phone");
        await bob.SeeAsync("from the phone");

        await alice.Page.GotoAsync("/#/devices");
        await alice.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Sign out .+") }).ClickAsync();
        await alice.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(phone.Page.GetByText("This device was signed out from another one.")).ToBeVisibleAsync();
        await Expect(alice.Page.GetByText("No other devices.")).ToBeVisibleAsync();
    }

    private static async Task<string[]> MessageTextsAsync(Window window, string with) =>
        [.. (await window.MessageTextsAsync()).Where(text => text.Contains(with, StringComparison.Ordinal))];
}

using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class PasswordTests(Browsers browsers)
{
    private const string New = "battery staple 2";

    [Fact]
    public async Task A_changed_password_signs_the_other_browsers_out_and_this_one_goes_on_in_all_its_tabs()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        var tab = await alice.OpenTabAsync();
        await tab.SeeListAsync();
        await using var elsewhere = await browsers.OpenAsync();
        await elsewhere.SignInAsync(alice.UserId);

        await OpenAsync(alice, "Change password");
        await SubmitAsync(alice, "not the password", New);
        await Expect(alice.Page.GetByText("The current password is wrong.")).ToBeVisibleAsync();
        await SubmitAsync(alice, Window.Password, New);

        await Expect(alice.Page.GetByText("Your password is changed.")).ToBeVisibleAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(elsewhere.Page.GetByText("This device was signed out from another one.")).ToBeVisibleAsync();
        await elsewhere.SubmitAsync(alice.UserId, New, "Sign in");
        await elsewhere.SeeListAsync();
        foreach (var (window, text) in new[] { (alice, "still here"), (tab, "and here") })
        {
            await window.WriteToAsync(bob.UserId);
            await window.SendAsync(text);
            await window.SeeTickAsync(text, "delivered");
        }
    }

    [Fact]
    public async Task In_German_on_a_phone()
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        await alice.Page.GotoAsync("./#/settings");
        await alice.Page.GetByLabel("Deutsch").ClickAsync();

        await alice.Button("Passwort ändern").ClickAsync();
        await Pictures.TakeAsync(alice, "phone-password-german");
        await alice.Page.GetByLabel("Aktuelles Passwort", new() { Exact = true }).FillAsync(Window.Password);
        await alice.Page.GetByLabel("Neues Passwort", new() { Exact = true }).FillAsync(New);
        await alice.Button("Ändern").ClickAsync();

        await Expect(alice.Page.GetByText("Dein Passwort ist geändert.")).ToBeVisibleAsync();
        await Pictures.TakeAsync(alice, "phone-password-changed-german");
    }

    private static async Task OpenAsync(Window window, string name)
    {
        await window.Page.GotoAsync("./#/settings");
        await window.Button(name).ClickAsync();
    }

    private static async Task SubmitAsync(Window window, string current, string renewed)
    {
        await window.Page.GetByLabel("Current password", new() { Exact = true }).FillAsync(current);
        await window.Page.GetByLabel("New password", new() { Exact = true }).FillAsync(renewed);
        await window.Button("Change").ClickAsync();
    }
}

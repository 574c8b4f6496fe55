using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Mentions and threads, as those who write and those who are meant see them.</summary>
public sealed class ThreadsTests(Browsers browsers)
{
    [Fact]
    public async Task A_name_is_completed_by_keys_and_who_is_mentioned_gets_there()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await GroupAsync(alice, bob, "Hut");

        await alice.Composer.PressSequentiallyAsync($"look @{bob.UserId[..3]}");
        var options = alice.Page.GetByRole(AriaRole.Listbox, new() { Name = "People to mention" }).GetByRole(AriaRole.Option);
        await Expect(options.First).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(options.First).ToContainTextAsync(bob.UserId);
        await CheckAsync(alice, "completion");
        await alice.Composer.PressAsync("Enter");
        await Expect(alice.Composer).ToHaveValueAsync($"look @{bob.UserId} ");
        await alice.Composer.PressAsync("Enter");

        await Expect(bob.Row("Hut").GetByRole(AriaRole.Img, new() { Name = "You are mentioned" })).ToBeVisibleAsync();
        await bob.OpenConversationAsync("Hut");
        await Expect(bob.Message("look").Locator(".mention")).ToHaveTextAsync($"@{bob.UserId}");
        await Expect(bob.Row("Hut").GetByRole(AriaRole.Img, new() { Name = "You are mentioned" })).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thread_is_opened_from_the_menu_written_to_and_seen_by_the_other(bool isPhone)
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: isPhone ? Screen.Phone : Screen.Desktop);
        await using var bob = await browsers.RegisterAsync("bob");
        await GroupAsync(alice, bob, "Hut");
        await alice.SendAsync("Who brings what?");
        await bob.OpenConversationAsync("Hut");
        await bob.SeeAsync("Who brings what?");

        await alice.Message("Who brings").Locator(".bubble").ClickAsync(new() { Button = MouseButton.Right });
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Reply in thread" }).ClickAsync();
        var panel = alice.Page.Locator(".thread");
        await panel.GetByRole(AriaRole.Textbox, new() { Name = "Answer in the thread" }).FillAsync("I bring the tent");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Expect(panel.Locator("li.message")).ToHaveTextAsync([new Regex("Who brings what"), new Regex("I bring the tent")]);

        await Expect(bob.Message("Who brings").GetByRole(AriaRole.Button, new() { Name = "1 answer" })).ToBeVisibleAsync();
        await bob.Message("I bring the tent").GetByRole(AriaRole.Button, new() { Name = "In a thread" }).ClickAsync();
        var other = bob.Page.Locator(".thread");
        await other.GetByRole(AriaRole.Textbox, new() { Name = "Answer in the thread" }).FillAsync("and I the food");
        await bob.Page.Keyboard.PressAsync("Enter");
        await Expect(panel.Locator("li.message")).ToHaveCountAsync(3);
        await CheckAsync(alice, isPhone ? "phone-thread" : "thread");
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Close thread" }).ClickAsync();
        await Expect(alice.Message("Who brings").GetByRole(AriaRole.Button, new() { Name = "2 answers" })).ToBeVisibleAsync();
        await CheckAsync(alice, isPhone ? "phone-after-thread" : "after-thread");
    }

    [Fact]
    public async Task A_thread_has_a_draft_and_files_of_its_own_and_its_messages_have_their_menu()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await GroupAsync(alice, bob, "Hut");
        await alice.SendAsync("Who brings what?");
        await Expect(alice.Message("Who brings").Locator("[data-tick]")).ToHaveCountAsync(1);
        await alice.Message("Who brings").FocusAsync();
        await alice.Page.Keyboard.PressAsync("t");
        var panel = alice.Page.Locator(".thread");
        var field = panel.GetByRole(AriaRole.Textbox, new() { Name = "Answer in the thread" });
        await field.FillAsync("the tent, see");

        await alice.Page.ReloadAsync();
        await Expect(field).ToHaveValueAsync("the tent, see");
        await Expect(alice.Page.Locator(".conversation textarea")).ToHaveValueAsync("");
        await panel.Locator("[data-pick=files]").SetInputFilesAsync(new FilePayload { Name = "tent.txt", MimeType = "text/plain", Buffer = "3 people"u8.ToArray() });
        await Expect(panel.GetByRole(AriaRole.List, new() { Name = "Files to send" })).ToContainTextAsync("tent.txt");
        await CheckAsync(alice, "thread-files");
        await field.PressAsync("Enter");
        var answer = panel.Locator("li.message", new() { HasText = "the tent, see" });
        await Expect(answer).ToContainTextAsync("tent.txt");
        await Expect(answer.Locator("[data-tick]")).ToHaveCountAsync(1);
        await Expect(field).ToHaveValueAsync("");

        await answer.Locator(".bubble").ClickAsync(new() { Button = MouseButton.Right });
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Edit", Exact = true }).ClickAsync();
        await Expect(field).ToBeFocusedAsync();
        await field.FillAsync("the big tent");
        await field.PressAsync("Enter");
        await Expect(panel.Locator("li.message", new() { HasText = "the big tent" })).ToBeVisibleAsync();
        await Expect(alice.Page.Locator(".conversation li.message", new() { HasText = "the big tent" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_mention_far_up_is_jumped_to_although_all_was_read_from_the_end()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        var group = await bob.CreateGroupAsync("Hut", alice.UserId);
        await bob.WriteAsync(group, $"@{alice.UserId}, look", alice.UserId);
        await bob.WriteManyAsync(group, 80);
        await alice.OpenConversationAsync("Hut");

        var jump = alice.Button("Jump to where you are mentioned");
        await jump.ClickAsync();
        await Expect(alice.Message("look")).ToBeInViewportAsync();
        await Expect(jump).ToHaveCountAsync(0);
    }

    private static async Task GroupAsync(Window alice, Window bob, string title)
    {
        await alice.Button("New conversation").ClickAsync();
        await alice.Page.GetByRole(AriaRole.Radio, new() { Name = "With a group" }).CheckAsync();
        await alice.Page.GetByLabel("Title").FillAsync(title);
        await alice.Page.GetByLabel("Members", new() { Exact = true }).FillAsync(bob.UserId);
        await alice.Button("Create group").ClickAsync();
        await Expect(alice.Composer).ToBeVisibleAsync();
    }

    private static async Task CheckAsync(Window window, string view)
    {
        await Pictures.TakeAsync(window, view);
        var result = await window.Page.RunAxe();
        Assert.Empty(result.Violations.Select(v => $"{view}: {v.Impact} {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }
}

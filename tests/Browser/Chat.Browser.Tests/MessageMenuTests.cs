using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>The menu of a message, and the marks in its text.</summary>
public sealed class MessageMenuTests(Browsers browsers)
{
    private const string LongPress = """
        bubble => {
          const { left, top } = bubble.getBoundingClientRect()
          const touch = new Touch({ identifier: 1, target: bubble, clientX: left + 10, clientY: top + 10 })
          bubble.dispatchEvent(new TouchEvent('touchstart', { touches: [touch], bubbles: true, cancelable: true }))
        }
        """;

    private const string KeyAfterOpening = """
        () => {
          const { showModal } = HTMLDialogElement.prototype
          HTMLDialogElement.prototype.showModal = function () {
            showModal.call(this)
            queueMicrotask(() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true })))
          }
        }
        """;

    [Fact]
    public async Task Marks_are_shown_and_the_message_stays_as_written()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("*Bring* _this_: `rope` <b>no</b>\n- tent\n- lamp");
        await alice.SeeTickAsync("Bring", "sent");

        var message = alice.Message("Bring");
        await Expect(message.Locator("strong")).ToHaveTextAsync("Bring");
        await Expect(message.Locator("em")).ToHaveTextAsync("this");
        await Expect(message.Locator("code")).ToHaveTextAsync("rope");
        await Expect(message.Locator(".message-text ul li")).ToHaveTextAsync(["tent", "lamp"]);
        await Expect(message.Locator("b")).ToHaveCountAsync(0);
        Assert.Equal(["Bring this: rope <b>no</b>\ntent\nlamp"], await alice.MessageTextsAsync());
        await Expect(alice.Rows.First).ToContainTextAsync("Bring this: rope");
    }

    [Fact]
    public async Task A_message_is_forwarded_to_several_conversations_from_the_menu()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        using var carol = await Seed.RegisterAsync(server, browsers.NewUserId("carol"));
        using var dana = await Seed.RegisterAsync(server, browsers.NewUserId("dana"));
        await bob.WriteAsync($"@{alice.UserId}", "*Tell* everybody");
        await carol.WriteAsync($"@{alice.UserId}", "hello");
        await dana.WriteAsync($"@{alice.UserId}", "hello");
        await alice.OpenConversationAsync(bob.UserId);

        await alice.Message("everybody").Locator(".bubble").ClickAsync(new() { Button = MouseButton.Right });
        await Menu(alice).GetByRole(AriaRole.Button, new() { Name = "Forward" }).ClickAsync();
        var dialog = alice.Page.GetByRole(AriaRole.Dialog, new() { Name = "Forward to" });
        await dialog.GetByRole(AriaRole.Checkbox, new() { Name = carol.UserId }).CheckAsync();
        await dialog.GetByRole(AriaRole.Checkbox, new() { Name = dana.UserId }).CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Forward to 2 conversations" }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);

        foreach (var other in new[] { carol.UserId, dana.UserId })
        {
            await alice.OpenConversationAsync(other);
            await alice.SeeTickAsync("Tell everybody", "sent");
        }
    }

    [Fact]
    public async Task The_keyboard_opens_the_menu_and_moves_in_it()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("first");
        await alice.SeeTickAsync("first", "sent");
        await alice.Message("first").FocusAsync();
        await alice.Page.Keyboard.PressAsync("m");
        await Expect(Menu(alice).GetByRole(AriaRole.Button).First).ToBeFocusedAsync();
        await alice.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(Menu(alice).GetByRole(AriaRole.Button).Nth(1)).ToBeFocusedAsync();

        await alice.Page.Keyboard.PressAsync("Escape");
        await Expect(Menu(alice)).ToHaveCountAsync(0);
        await Expect(alice.Message("first")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_key_that_follows_at_once_moves_in_the_menu()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("first");
        await alice.SeeTickAsync("first", "sent");
        await alice.Message("first").FocusAsync();
        await alice.Page.EvaluateAsync(KeyAfterOpening);
        await alice.Page.Keyboard.PressAsync("m");
        await Expect(Menu(alice)).ToBeVisibleAsync();

        // What a view does after it was painted is done by then.
        await alice.Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))");
        Assert.True(await Menu(alice).GetByRole(AriaRole.Button).Nth(1).EvaluateAsync<bool>("button => button === document.activeElement"));
    }

    [Fact]
    public async Task What_is_chosen_to_be_edited_or_answered_by_key_is_written_at_once()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("frist");
        await alice.SeeTickAsync("frist", "sent");
        await alice.Message("frist").FocusAsync();
        await alice.Page.Keyboard.PressAsync("m");
        await Menu(alice).GetByRole(AriaRole.Button, new() { Name = "Edit", Exact = true }).PressAsync("Enter");

        await Expect(alice.Composer).ToBeFocusedAsync();
        await Expect(alice.Composer).ToHaveValueAsync("frist");
        await alice.Composer.FillAsync("first");
        await alice.Page.Keyboard.PressAsync("Enter");
        await alice.SeeAsync("first");

        await alice.Message("first").FocusAsync();
        await alice.Page.Keyboard.PressAsync("m");
        await Menu(alice).GetByRole(AriaRole.Button, new() { Name = "Reply", Exact = true }).PressAsync("Enter");
        await Expect(alice.Composer).ToBeFocusedAsync();
        await alice.Page.Keyboard.PressAsync("Escape");
        await Expect(alice.Page.GetByText("Replying to yourself")).ToHaveCountAsync(0);
        await Expect(alice.Composer).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_very_long_message_is_shown_by_its_beginning_and_unfolded_where_it_is()
    {
        var server = await browsers.ServerAsync();
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        await bob.WriteAsync($"@{alice.UserId}", string.Join('\n', Enumerable.Range(1, 300).Select(n => $"line {n}")));
        await alice.OpenConversationAsync(bob.UserId);

        var message = alice.Message("line 1");
        await Expect(message.Locator(".message-line")).ToHaveCountAsync(30);
        await message.GetByRole(AriaRole.Button, new() { Name = "Read more" }).ClickAsync();
        await Expect(message.Locator(".message-line")).ToHaveCountAsync(300);
        await Expect(alice.Page.GetByText("line 29", new() { Exact = true })).ToBeInViewportAsync();
    }

    [Fact]
    public async Task A_long_press_opens_the_menu_on_a_phone()
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("first");
        await alice.SeeTickAsync("first", "sent");

        await alice.Message("first").Locator(".bubble").EvaluateAsync(LongPress);
        await Menu(alice).GetByRole(AriaRole.Button, new() { Name = "Reply", Exact = true }).ClickAsync();
        await Expect(alice.Page.GetByText("Replying to yourself")).ToBeVisibleAsync();
    }

    private static ILocator Menu(Window window) => window.Page.Locator("dialog.message-menu");
}

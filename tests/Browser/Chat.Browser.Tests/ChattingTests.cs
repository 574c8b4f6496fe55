using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class ChattingTests(Browsers browsers)
{
    [Fact]
    public async Task Two_people_chat_and_the_ticks_follow()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");

        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("hello bob");
        await alice.SeeTickAsync("hello bob", "delivered");
        await Expect(bob.Row(alice.UserId)).ToContainTextAsync("1 unread message");

        await bob.OpenConversationAsync(alice.UserId);
        await bob.SeeAsync("hello bob");
        await alice.SeeTickAsync("hello bob", "read");
        await Expect(bob.Row(alice.UserId)).Not.ToContainTextAsync("unread");

        await bob.Composer.PressSequentiallyAsync("hel");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("writing…");
        await bob.SendAsync("hello alice");
        await alice.SeeAsync("hello alice");
        await bob.SeeTickAsync("hello alice", "read");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("Online");
    }

    [Fact]
    public async Task A_message_goes_out_to_somebody_who_is_away_and_waits_for_them()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        var bobId = browsers.NewUserId("bob");
        await alice.WriteToAsync(bobId);
        await alice.SendAsync("for later");
        await alice.SeeTickAsync("for later", "sent");

        await using var bob = await browsers.OpenAsync();
        await bob.RegisterAsync(bobId);
        await bob.OpenConversationAsync(alice.UserId);
        await bob.SeeAsync("for later");
        await alice.SeeTickAsync("for later", "read");
    }

    [Fact]
    public async Task A_reply_quotes_and_leads_to_what_it_answers()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("the question");
        await bob.OpenConversationAsync(alice.UserId);
        await bob.Message("the question").HoverAsync();
        await bob.Message("the question").GetByRole(AriaRole.Button, new() { Name = $"Reply to {alice.UserId}" }).ClickAsync();
        await bob.SendAsync("the answer");

        var answer = alice.Message("the answer");
        await Expect(answer.Locator(".quote")).ToContainTextAsync("the question");
        await answer.Locator(".quote").ClickAsync();
        await Expect(alice.Page.Locator("li.message").First).ToBeFocusedAsync();

        await alice.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(answer).ToBeFocusedAsync();
        await alice.Page.Keyboard.PressAsync("o");
        await Expect(alice.Page.Locator("li.message").First).ToBeFocusedAsync();
    }

    [Fact]
    public async Task User_text_is_never_markup()
    {
        const string Text = "<img src=x onerror=\"document.title='owned'\"> <script>document.title='owned'</script> javascript:alert(1) https://example.org/a?b=c";
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync(Text);
        await bob.OpenConversationAsync(alice.UserId);

        await bob.SeeAsync(Text);
        var link = Assert.Single(await bob.Messages.Locator("a").AllAsync());
        Assert.Equal("https://example.org/a?b=c", await link.GetAttributeAsync("href"));
        Assert.Equal("noopener noreferrer", await link.GetAttributeAsync("rel"));
        Assert.Equal(0, await bob.Messages.Locator("img, script").CountAsync());
        Assert.DoesNotContain("owned", await bob.Page.TitleAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_sign_ins_are_told_in_plain_words()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var other = await browsers.OpenAsync();
        await other.SubmitAsync(alice.UserId, "not the password", "Sign in");
        await Expect(other.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The user id or the password is wrong.");

        await other.Button("Create account").ClickAsync();
        await other.SubmitAsync(alice.UserId, Window.Password, "Create account");
        await Expect(other.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This user id is taken. Choose another one.");
    }

    [Fact]
    public async Task A_link_to_a_conversation_waits_for_the_sign_in()
    {
        var (alice, bob) = (browsers.NewUserId("alice"), browsers.NewUserId("bob"));
        await using var window = await browsers.OpenAsync();
        await window.Page.GotoAsync($"./#/c/dm:{alice}:{bob}");
        await window.RegisterAsync(alice);
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = bob })).ToBeVisibleAsync();
        await Expect(window.Composer).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_draft_is_there_again_after_a_reload()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("one");
        await alice.Composer.FillAsync("half a thou");
        await alice.SeeTickAsync("one", "sent");
        await alice.Page.ReloadAsync();
        await Expect(alice.Composer).ToHaveValueAsync("half a thou");
    }

    [Fact]
    public async Task The_page_speaks_german_to_those_who_want_it()
    {
        await using var window = await browsers.OpenAsync();
        await window.Page.GetByRole(AriaRole.Radio, new() { Name = "Deutsch" }).CheckAsync();
        await Expect(window.Page.GetByLabel("Passwort", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("lang", "de");
    }
}

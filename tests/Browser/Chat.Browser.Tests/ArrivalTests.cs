using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Where the focus is when a view has appeared: keys that follow at once belong to it.</summary>
public sealed class ArrivalTests(Browsers browsers)
{
    // Says what has the focus at the moment when the view is there, and what has it after the next frame.
    private const string Go = """
        ([hash, view]) => new Promise(done => {
          const focused = () => document.activeElement.localName
          new MutationObserver((_, watcher) => {
            if (!document.querySelector(view)) return
            watcher.disconnect()
            const atOnce = focused()
            requestAnimationFrame(() => setTimeout(() => done([atOnce, focused()])))
          }).observe(document.body, { subtree: true, childList: true, attributes: true })
          location.hash = hash
        })
        """;

    // Down in the list, and down again at the moment when the first conversation is there.
    private const string TwoSteps = """
        () => new Promise(done => {
          const step = () => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', code: 'ArrowDown', altKey: true, bubbles: true }))
          new MutationObserver((_, watcher) => {
            if (!document.querySelector('.composer textarea')) return
            watcher.disconnect()
            step()
            done()
          }).observe(document.body, { subtree: true, childList: true })
          step()
        })
        """;

    [Fact]
    public async Task A_view_has_the_focus_as_soon_as_it_is_there()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        var bob = browsers.NewUserId("bob");
        await alice.WriteToAsync(bob);
        await alice.SendAsync("hello");
        await alice.SeeTickAsync("hello", "sent");

        Assert.Equal(["h1", "h1"], await GoAsync(alice, "#/settings", ".page h1"));
        Assert.Equal(["input", "input"], await GoAsync(alice, "#/new", ".page form"));
        Assert.Equal(["textarea", "textarea"], await GoAsync(alice, $"#/c/dm:{alice.UserId}:{bob}", ".composer textarea"));
        Assert.Equal(["a", "a"], await GoAsync(alice, "#/", ".shell[data-view=list]"));
    }

    [Fact]
    public async Task A_shortcut_that_follows_at_once_goes_on_from_the_view_that_is_there()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        var (first, second) = (browsers.NewUserId("bob"), browsers.NewUserId("carol"));
        foreach (var other in new[] { second, first })
        {
            await alice.WriteToAsync(other);
            await alice.SendAsync("hello");
            await alice.SeeTickAsync("hello", "sent");
        }
        await GoAsync(alice, "#/", ".shell[data-view=list]");

        await alice.Page.EvaluateAsync(TwoSteps);

        await Expect(alice.Row(second)).ToHaveAttributeAsync("aria-current", "page");
    }

    private static Task<string[]> GoAsync(Window window, string hash, string view) => window.Page.EvaluateAsync<string[]>(Go, new[] { hash, view });
}

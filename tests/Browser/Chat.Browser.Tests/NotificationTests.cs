using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class NotificationTests(Browsers browsers)
{
    // The system's own cannot be looked at.
    private const string Record = """
        globalThis.shown = []
        globalThis.Notification = class extends EventTarget {
          static permission = 'granted'
          constructor(title, options) { super(); Object.assign(this, { title, ...options, closed: false }); shown.push(this) }
          close() { this.closed = true }
        }
        """;

    // Playwright gives the focus to every page at once.
    private const string LookAway = "globalThis.looking = false; document.hasFocus = () => looking";

    // The time that a page gives other tabs to say that a message was seen lasts until the test ends it.
    private const string HoldGrace = """
        const wait = setTimeout
        globalThis.held = []
        globalThis.setTimeout = (work, ms, ...rest) => ms === 700 ? held.push(work) : wait(work, ms, ...rest)
        const Channel = BroadcastChannel
        globalThis.seen = 0
        globalThis.BroadcastChannel = class extends Channel {
          constructor(name) { super(name); if (name.endsWith(':seen')) this.addEventListener('message', () => seen++) }
        }
        """;

    private const string EndGrace = "held.splice(0).forEach(work => work())";

    private const string Shown = "shown.map(({ title, body, tag, renotify, closed }) => ({ title, body, tag, renotify: renotify === true, closed }))";

    [Fact]
    public async Task A_page_without_the_focus_shows_each_message_with_a_sound()
    {
        await using var alice = await browsers.RegisterAsync("alice", script: Record + "\n" + LookAway);
        await using var bob = await browsers.RegisterAsync("bob");
        await bob.WriteToAsync(alice.UserId);
        await bob.SendAsync("one");
        await SeeAsync(alice, 1);
        await bob.SendAsync("two");
        var both = await SeeAsync(alice, 2);

        Assert.Equal(["one", "two"], both.Select(one => one.Body));
        Assert.Single(both.Select(one => one.Tag).Distinct());
        Assert.All(both, one => Assert.True(one.Renotify));

        // Who reads it needs to be told no longer.
        await alice.Page.EvaluateAsync("looking = true; dispatchEvent(new Event('focus'))");
        await alice.OpenConversationAsync(bob.UserId);
        await bob.SeeTickAsync("two", "read");
        await Until.TrueAsync(async () => (await SeeAsync(alice, 2))[1].Closed, "the notification is closed");
    }

    [Fact]
    public async Task Of_several_tabs_one_shows_it_and_none_while_one_is_looked_at()
    {
        await using var alice = await browsers.RegisterAsync("alice", script: $"{Record}\n{LookAway}\n{HoldGrace}");
        var second = await alice.OpenTabAsync();
        await second.SeeListAsync();
        using var bob = await Seed.RegisterAsync(await browsers.ServerAsync(), browsers.NewUserId("bob"));
        await bob.WriteAsync($"@{alice.UserId}", "one");
        await HeldAsync(alice, 1);
        await alice.Page.EvaluateAsync(EndGrace);
        await SeeAsync(alice, 1);

        await second.Page.EvaluateAsync("looking = true");
        await bob.WriteAsync($"@{alice.UserId}", "two");
        await HeldAsync(alice, 1);
        await Until.TrueAsync(async () => await alice.Page.EvaluateAsync<int>("seen") == 1, "the second tab has said that it was seen");
        await second.Page.EvaluateAsync("looking = false");
        await bob.WriteAsync($"@{alice.UserId}", "three");
        await HeldAsync(alice, 2);
        await Expect(second.Row(bob.UserId)).ToContainTextAsync("three");
        await alice.Page.EvaluateAsync(EndGrace);

        Assert.Equal(["one", "three"], (await SeeAsync(alice, 2)).Select(one => one.Body));
        Assert.Equal(0, await second.Page.EvaluateAsync<int>("held.length"));
        Assert.Empty(await second.Page.EvaluateAsync<Note[]>(Shown));
    }

    [Fact]
    public async Task Nothing_of_a_session_is_left_in_any_tab()
    {
        await using var alice = await browsers.RegisterAsync("alice", script: Record + "\n" + LookAway);
        await using var bob = await browsers.RegisterAsync("bob");
        await bob.WriteToAsync(alice.UserId);
        await bob.SendAsync("secret");
        await SeeAsync(alice, 1);
        var second = await alice.OpenTabAsync();
        await second.OpenConversationAsync(bob.UserId);
        await second.Composer.FillAsync("half a thou");
        await Expect(second.Page).ToHaveTitleAsync($"(1) {bob.UserId} · Chat");
        await Expect(alice.Page).ToHaveTitleAsync("(1) Chat");

        await alice.SignOutAsync();

        foreach (var tab in new[] { alice, second })
        {
            await Expect(tab.Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(tab.Page).ToHaveTitleAsync("Chat");
            await Expect(tab.Page).ToHaveURLAsync(new Uri((await browsers.ServerAsync()).Address, "#/").ToString());
            await Until.TrueAsync(async () => (await tab.Page.EvaluateAsync<Note[]>(Shown)).All(one => one.Closed), "no notification is shown");
            await Until.TrueAsync(
                async () => (await tab.Page.EvaluateAsync<string[]>("Object.keys(localStorage).filter(key => key !== 'chat.theme' && key !== 'chat.language')")).Length == 0,
                "nothing is stored");
            await Expect(tab.Page.GetByText(bob.UserId)).ToHaveCountAsync(0);
        }
    }

    private static Task HeldAsync(Window window, int messages) => Until.TrueAsync(
        async () => await window.Page.EvaluateAsync<int>("held.length") == messages, $"{messages} messages are about to be shown");

    private static async Task<Note[]> SeeAsync(Window window, int count)
    {
        Note[] shown = [];
        await Until.TrueAsync(async () => (shown = await window.Page.EvaluateAsync<Note[]>(Shown)).Length >= count, $"{count} notifications were shown");
        Assert.Equal(count, shown.Length);
        return shown;
    }

    private sealed class Note
    {
        public string Title { get; set; } = "";

        public string Body { get; set; } = "";

        public string Tag { get; set; } = "";

        public bool Renotify { get; set; }

        public bool Closed { get; set; }
    }
}

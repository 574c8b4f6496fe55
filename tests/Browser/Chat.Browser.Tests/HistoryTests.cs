using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

public sealed class HistoryTests(Browsers browsers, ITestOutputHelper output)
{
    private const int Messages = 10_000;

    private const string FirstVisible = """
        scroller => {
          const top = scroller.getBoundingClientRect().top
          const first = [...scroller.querySelectorAll('li.message')].find(item => item.getBoundingClientRect().bottom > top + 1)
          return [Number(first.dataset.seq), Math.round(first.getBoundingClientRect().top - top)]
        }
        """;

    // Scrolls by a screen a frame-pair until the beginning is there, or nothing older comes for a minute, and notes how long each frame took.
    private const string ScrollToBeginning = """
        async scroller => {
          const frames = []
          const frame = () => new Promise(requestAnimationFrame)
          const lowest = () => Number(scroller.querySelector('li.message')?.dataset.seq ?? Infinity)
          let last = await frame()
          let [reached, since] = [Infinity, performance.now()]
          while (lowest() > 1 || scroller.scrollTop > 0) {
            if (lowest() < reached) [reached, since] = [lowest(), performance.now()]
            if (performance.now() > since + 60_000) break
            scroller.scrollBy({ top: -scroller.clientHeight * 0.4, behavior: 'instant' })
            const now = await frame()
            frames.push(now - last)
            last = now
          }
          frames.sort((a, b) => a - b)
          const at = share => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))]
          return { lowest: lowest(), count: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: frames.at(-1) }
        }
        """;

    [Fact]
    public async Task Ten_thousand_messages_are_scrolled_to_the_beginning()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(await browsers.ServerAsync(), browsers.NewUserId("bob"));
        await bob.WriteManyAsync($"@{alice.UserId}", Messages);

        await using var device = await browsers.OpenAsync();
        await device.SignInAsync(alice.UserId);
        await device.OpenConversationAsync(bob.UserId);
        var scroller = Scroller(device);
        await device.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Jump to the newest message") }).Or(device.Messages.Last).First.WaitForAsync();
        var scrolled = await scroller.EvaluateAsync<Frames>(ScrollToBeginning);

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{scrolled.Count} frames, ms: p50 {scrolled.P50:F1}, p95 {scrolled.P95:F1}, p99 {scrolled.P99:F1}, longest {scrolled.Max:F1}"));
        Assert.Equal(1, scrolled.Lowest);
        Assert.Equal(Messages, await device.Messages.CountAsync());
        await Expect(device.Messages.First).ToHaveAttributeAsync("data-seq", "1");

        await device.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Jump to the newest message") }).ClickAsync();
        await Expect(device.Messages.Last).ToBeInViewportAsync();
    }

    [Fact]
    public async Task Older_messages_above_do_not_move_what_is_read()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(await browsers.ServerAsync(), browsers.NewUserId("bob"));
        await bob.WriteManyAsync($"@{alice.UserId}", 2_000);
        await using var device = await browsers.OpenAsync();
        await device.SignInAsync(alice.UserId);
        await device.OpenConversationAsync(bob.UserId);
        var scroller = Scroller(device);
        await Expect(device.Messages.Last).ToBeAttachedAsync();

        // In one turn of the page's: before anything that the scrolling sets going.
        var shown = await device.Messages.CountAsync();
        var before = await scroller.EvaluateAsync<int[]>($"scroller => {{ scroller.scrollTop = 500; return ({FirstVisible})(scroller) }}");
        await Until.TrueAsync(async () => await device.Messages.CountAsync() > shown, "older messages are there");

        int[] after = [];
        await Until.TrueAsync(
            async () => (after = await scroller.EvaluateAsync<int[]>(FirstVisible))[0] == before[0] && Math.Abs(after[1] - before[1]) <= 2,
            $"message {before[0]} is where it was, {before[1]} px below the top",
            () => $"Now it is message {after[0]}, {after[1]} px.");
    }

    [Fact]
    public async Task The_first_unread_message_is_one_click_away()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        using var bob = await Seed.RegisterAsync(await browsers.ServerAsync(), browsers.NewUserId("bob"));
        await bob.WriteManyAsync($"@{alice.UserId}", 20);
        await alice.OpenConversationAsync(bob.UserId);
        await Expect(alice.Messages).ToHaveCountAsync(20);
        await alice.Messages.Last.ScrollIntoViewIfNeededAsync();
        await Expect(alice.Row(bob.UserId)).Not.ToContainTextAsync("unread");
        await alice.Page.GotoAsync("/#/");
        await bob.WriteManyAsync($"@{alice.UserId}", 60);
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("60 unread messages");

        await alice.OpenConversationAsync(bob.UserId);
        await alice.Button("Jump to the first unread message").ClickAsync();
        var divider = alice.Page.Locator("[data-unread]");
        await Expect(divider).ToBeInViewportAsync();
        await alice.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Jump to the newest message") }).ClickAsync();
        await Expect(alice.Messages.Last).ToBeInViewportAsync();
        await Expect(alice.Row(bob.UserId)).Not.ToContainTextAsync("unread");
    }

    private static ILocator Scroller(Window window) => window.Page.Locator(".messages-place > *").First;

    private sealed class Frames
    {
        public int Lowest { get; set; }

        public int Count { get; set; }

        public double P50 { get; set; }

        public double P95 { get; set; }

        public double P99 { get; set; }

        public double Max { get; set; }
    }
}

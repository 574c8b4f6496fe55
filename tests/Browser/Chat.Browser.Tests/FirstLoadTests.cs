using System.Globalization;

namespace Chat.Browser.Tests;

public sealed class FirstLoadTests(Browsers browsers, ITestOutputHelper output)
{
    private const int MaxBytes = 150 * 1024;

    private const string Loaded = """
        () => {
          const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          const page = entries.filter(entry => !entry.name.includes('/v1/') && !entry.name.includes('/hub'))
          return {
            requests: page.length,
            bytes: page.reduce((sum, entry) => sum + entry.transferSize, 0),
            scripted: performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
          }
        }
        """;

    [Fact]
    public async Task The_first_load_is_small_and_soon_ready()
    {
        var server = await browsers.ServerAsync();
        await using var window = await browsers.OpenAsync(server);
        await window.Page.GetByLabel("User id").WaitForAsync();
        var first = await window.Page.EvaluateAsync<Load>(Loaded);

        // With a session and something to show, from nothing cached to the first message on screen.
        await window.RegisterAsync(browsers.NewUserId("alice"));
        using var bob = await Seed.RegisterAsync(server, browsers.NewUserId("bob"));
        await bob.WriteManyAsync($"@{window.UserId}", 60);
        await window.OpenConversationAsync(bob.UserId);
        await window.Messages.Last.WaitForAsync();
        await window.Page.AddInitScriptAsync("""
            new MutationObserver((_, watch) => {
              if (!document.querySelector('li.message') || !document.querySelector('textarea')) return
              watch.disconnect()
              requestAnimationFrame(() => { globalThis.shownAfter = performance.now() })
            }).observe(document, { childList: true, subtree: true })
            """);
        await window.Page.ReloadAsync();
        await window.Messages.Last.WaitForAsync();
        await Until.TrueAsync(async () => await window.Page.EvaluateAsync<bool>("globalThis.shownAfter > 0"), "the first message was drawn");
        var shown = await window.Page.EvaluateAsync<double>("globalThis.shownAfter");

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"first load: {first.Bytes / 1024.0:F1} KiB in {first.Requests} requests, ready after {first.Scripted:F0} ms; reload to the first message {shown:F0} ms"));
        Assert.InRange(first.Bytes, 1, MaxBytes);
    }

    private sealed class Load
    {
        public int Requests { get; set; }

        public double Bytes { get; set; }

        public double Scripted { get; set; }
    }
}

using Chat.Browser.Tests;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browsers))]

namespace Chat.Browser.Tests;

/// <summary>Debian's Chromium, one for all tests, and servers to point it at. Without a browser the tests that ask for it are skipped.</summary>
public sealed class Browsers : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";
    private readonly Lazy<Task<(IPlaywright, IBrowser)>> _browser = new(LaunchAsync);
    private readonly Lazy<Task<ServerProcess>> _server = new(() => ServerProcess.StartAsync());
    private int _lastUser;

    /// <summary>The server of every test that harms nobody. Users are never shared.</summary>
    internal Task<ServerProcess> ServerAsync() => _server.Value;

    /// <summary>A browser of its own (its storage is nobody else's) that shows the page of a server: signed out.</summary>
    /// <param name="script">Runs in each of its pages before anything of the page's own.</param>
    /// <param name="address">Where the page stands, if not at the server's root.</param>
    internal async Task<Window> OpenAsync(ServerProcess? server = null, Screen? screen = null, string? script = null, Uri? address = null)
    {
        if (!File.Exists(Program))
            Assert.Skip("chromium is not installed: the page was not tried in a browser.");
        server ??= await _server.Value;
        if (!await HasPageAsync(server))
        {
            Assert.SkipUnless(HasNode(), "node is not installed: the server was built without its page.");
            Assert.Fail("The server was built without its page, though there is a node to build it with.");
        }

        var (_, browser) = await _browser.Value;
        screen ??= Screen.Desktop;
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = (address ?? server.Address).ToString(),
            Locale = "en-GB",
            ViewportSize = new() { Width = screen.Width, Height = screen.Height },
            DeviceScaleFactor = screen.Scale,
            HasTouch = screen.IsPhone,
            IsMobile = screen.IsPhone,
            ColorScheme = screen.Dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout((float)Until.Patience.TotalMilliseconds);
        if (script is not null)
            await context.AddInitScriptAsync(script);
        return await Window.OpenAsync(context, screen);
    }

    /// <summary>A new user, signed in through the page.</summary>
    internal async Task<Window> RegisterAsync(string name, ServerProcess? server = null, Screen? screen = null, string? script = null)
    {
        var window = await OpenAsync(server, screen, script);
        await window.RegisterAsync(NewUserId(name));
        return window;
    }

    /// <summary>A user id that no other test has.</summary>
    internal string NewUserId(string name) => $"{name}-{Interlocked.Increment(ref _lastUser)}";

    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated)
        {
            var (playwright, browser) = await _browser.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }

        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }

    private static async Task<(IPlaywright, IBrowser)> LaunchAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)Until.Patience.TotalMilliseconds);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                // A microphone that beeps, and that may be used without asking.
                "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            ],
        });
        return (playwright, browser);
    }

    private static bool HasNode() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "node")));

    private static async Task<bool> HasPageAsync(ServerProcess server)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(server.Address, TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode;
    }
}

/// <summary>What one looks at.</summary>
internal sealed record Screen(string Name, int Width, int Height, float Scale = 1, bool IsPhone = false, bool Dark = false)
{
    public static Screen Desktop { get; } = new("desktop", 1280, 800);

    public static Screen Phone { get; } = new("phone", 390, 844, Scale: 2, IsPhone: true);

    public static Screen SmallPhone { get; } = new("small phone", 320, 568, Scale: 2, IsPhone: true);

    public Screen InTheDark => this with { Dark = true };
}

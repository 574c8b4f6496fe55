using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>
/// One user's browser. It acts as a user does, by what is written on the page and read out by a screen reader. Closed, it fails the test if the
/// page has thrown, or done what its Content-Security-Policy forbids.
/// </summary>
internal sealed class Window : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";

    private readonly IBrowserContext _context;
    private readonly Screen _screen;
    private readonly ConcurrentQueue<string> _complaints;

    private Window(IBrowserContext context, Screen screen, IPage page, ConcurrentQueue<string> complaints) =>
        (_context, _screen, Page, _complaints) = (context, screen, page, complaints);

    public IPage Page { get; }

    public string UserId { get; private set; } = "";

    public ILocator Composer => Page.GetByRole(AriaRole.Textbox, new() { NameRegex = new Regex("^Message to ") });

    /// <summary>Log messages and those on their way, in the order shown.</summary>
    public ILocator Messages => Page.Locator("li.message");

    public ILocator Rows => Page.GetByRole(AriaRole.Navigation, new() { Name = "Conversations" }).GetByRole(AriaRole.Listitem).GetByRole(AriaRole.Link);

    public static async Task<Window> OpenAsync(IBrowserContext context, Screen screen)
    {
        var complaints = new ConcurrentQueue<string>();
        return new(context, screen, await NewPageAsync(context, complaints), complaints);
    }

    /// <summary>Another tab of the same browser.</summary>
    public async Task<Window> OpenTabAsync() =>
        new(_context, _screen, await NewPageAsync(_context, _complaints), _complaints) { UserId = UserId };

    public async Task RegisterAsync(string userId)
    {
        UserId = userId;
        await Button("Create account").ClickAsync();
        await SubmitAsync(userId, Password, "Create account");
        await SeeListAsync();
    }

    public async Task SignInAsync(string userId)
    {
        UserId = userId;
        await SubmitAsync(userId, Password, "Sign in");
        await SeeListAsync();
    }

    /// <summary>Fills the form and sends it, whatever comes of it.</summary>
    public async Task SubmitAsync(string userId, string password, string action)
    {
        await Page.GetByLabel("User id").FillAsync(userId);
        await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await Page.Locator("form").GetByRole(AriaRole.Button, new() { Name = action }).ClickAsync();
    }

    public Task SeeListAsync() => Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Conversations" })).ToBeVisibleAsync();

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Row(string name) => Rows.Filter(new() { HasText = name });

    public ILocator Message(string text) => Messages.Filter(new() { HasText = text });

    public Task SeeAsync(string text) => Expect(Message(text)).ToBeVisibleAsync();

    /// <summary>Waits for the tick of an own message: `sent`, `delivered` or `read`.</summary>
    public Task SeeTickAsync(string text, string tick) => Expect(Message(text).Locator($"[data-tick={tick}]")).ToHaveCountAsync(1);

    public async Task WriteToAsync(string other)
    {
        await Button("New conversation").ClickAsync();
        await Page.GetByLabel("User id").FillAsync(other);
        await Button("Open conversation").ClickAsync();
        await Expect(Composer).ToBeVisibleAsync();
    }

    public async Task OpenConversationAsync(string name)
    {
        await Row(name).ClickAsync();
        await Expect(Composer).ToBeVisibleAsync();
    }

    public async Task SendAsync(string text)
    {
        await Composer.FillAsync(text);
        // Enter on a touch keyboard begins a line.
        if (_screen.IsPhone)
            await Button("Send").ClickAsync();
        else
            await Composer.PressAsync("Enter");
    }

    public Task OfflineAsync(bool isOffline) => _context.SetOfflineAsync(isOffline);

    public Task SeeBarAsync(string text) => Expect(Page.GetByRole(AriaRole.Status).Filter(new() { HasText = text })).ToBeVisibleAsync();

    public Task SeeNoBarAsync() => Expect(Page.Locator(".connection-bar")).ToHaveCountAsync(0);

    /// <summary>Closes this tab alone.</summary>
    public Task CloseTabAsync() => Page.CloseAsync();

    /// <summary>The text of a message as it is shown, without its sender and time.</summary>
    public async Task<string[]> MessageTextsAsync() =>
        [.. (await Messages.EvaluateAllAsync<string[][]>("items => items.map(item => [...item.querySelectorAll('.message-line')].map(line => line.textContent))"))
            .Select(lines => string.Join('\n', lines))];

    public async Task SignOutAsync()
    {
        await Page.GotoAsync("./#/settings");
        await Button("Sign out").ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(Page.GetByLabel("Password", new() { Exact = true })).ToBeVisibleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.Empty(_complaints);
    }

    private static async Task<IPage> NewPageAsync(IBrowserContext context, ConcurrentQueue<string> complaints)
    {
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            // Failed connections are told, too; they are what some tests are about.
            if (message.Type == "error" && !message.Text.Contains("net::ERR", StringComparison.Ordinal) && !IsAnswer(message.Text))
                complaints.Enqueue(message.Text);
        };
        await page.GotoAsync("./");
        return page;
    }

    // The browser's own line for every answer of 400 and more.
    private static bool IsAnswer(string text) =>
        text.StartsWith("Failed to load resource", StringComparison.Ordinal) || text.Contains("WebSocket connection to", StringComparison.Ordinal);
}

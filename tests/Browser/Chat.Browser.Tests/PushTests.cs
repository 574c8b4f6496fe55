using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Push notifications, the service worker that shows them, and the page that is installed.</summary>
public sealed class PushTests(Browsers browsers)
{
    // The browser of a test reaches no push service. Its subscription is kept as a browser keeps it: beyond the page.
    private const string PushService = """
        const kept = () => JSON.parse(localStorage.getItem('test.push'))
        const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
        const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0)).buffer
        const subscription = () => kept() && {
          options: { applicationServerKey: bytes(kept().key) },
          toJSON: () => kept(),
          unsubscribe: async () => (localStorage.removeItem('test.push'), true),
        }
        PushManager.prototype.getSubscription = async () => subscription()
        PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
          const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
          const p256dh = base64(await crypto.subtle.exportKey('raw', pair.publicKey))
          const auth = base64(crypto.getRandomValues(new Uint8Array(16)))
          const endpoint = `https://push.example.org/${crypto.randomUUID()}`
          localStorage.setItem('test.push', JSON.stringify({ endpoint, keys: { p256dh, auth }, key: base64(applicationServerKey) }))
          return subscription()
        }
        """;

    private static readonly Dictionary<string, Screen> _screens = new(StringComparer.Ordinal)
    {
        ["desktop light"] = Screen.Desktop,
        ["desktop dark"] = Screen.Desktop.InTheDark,
        ["phone light"] = Screen.Phone,
        ["phone dark"] = Screen.Phone.InTheDark,
        ["small phone light"] = Screen.SmallPhone,
    };

    public static TheoryData<string> Screens => [.. _screens.Keys];

    [Fact]
    public async Task A_push_is_shown_opens_its_conversation_and_is_closed_when_it_was_read_elsewhere()
    {
        await using var alice = await OpenAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await bob.WriteToAsync(alice.UserId);
        await bob.SendAsync("hello");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("hello");
        var conversation = $"dm:{alice.UserId}:{bob.UserId}";
        var worker = await Worker.ReadyAsync(alice);
        await CloseAsync(alice, worker);

        await worker.PushAsync(Payload(conversation, 1, bob.UserId, "hello", unread: 1));
        await worker.SeeAsync($"{bob.UserId}|hello|{conversation}|false");
        await worker.PushAsync(new { v = 1, conversationId = conversation, messageId = "m", seqNo = 2, unread = 2, badge = 1 });
        await worker.SeeAsync($"Chat|2 new messages|{conversation}|false");

        await alice.Page.GotoAsync("./");
        await alice.SeeListAsync();
        await worker.ClickAsync();
        await Expect(alice.Composer).ToBeVisibleAsync();
        await Expect(alice.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex($"#/c/{conversation}$"));
        await worker.SeeAsync();

        // Of another conversation: Chromium may close what is shown under the name of what was just closed.
        await CloseAsync(alice, worker);
        var other = $"dm:{alice.UserId}:carol";
        await worker.PushAsync(Payload(other, 3, "carol", "are you there?", unread: 1));
        await worker.SeeAsync($"carol|are you there?|{other}|false");
        await worker.PushAsync(new { v = 1, conversationId = other, seqNo = 3, unread = 0, badge = 0 });
        await worker.SeeAsync();
    }

    [Fact]
    public async Task A_notification_is_answered_while_the_page_is_closed()
    {
        await using var alice = await OpenAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await bob.WriteToAsync(alice.UserId);
        await bob.SendAsync("coming?");
        await Expect(alice.Row(bob.UserId)).ToContainTextAsync("coming?");
        var worker = await Worker.ReadyAsync(alice);
        await CloseAsync(alice, worker);
        await worker.PushAsync(Payload($"dm:{alice.UserId}:{bob.UserId}", 1, bob.UserId, "coming?", unread: 1));
        await worker.SeeAsync($"{bob.UserId}|coming?|dm:{alice.UserId}:{bob.UserId}|false");

        await worker.ClickAsync("reply", "on my way");
        await bob.SeeAsync("on my way");
        await bob.SeeTickAsync("coming?", "read");

        // The session is still good, and the reply is there once.
        await alice.Page.GotoAsync("./");
        await alice.OpenConversationAsync(bob.UserId);
        await bob.SendAsync("good");
        await alice.SeeAsync("good");
        Assert.Equal(["coming?", "on my way", "good"], await alice.MessageTextsAsync());
    }

    [Fact]
    public async Task A_worker_that_the_browser_has_stopped_is_woken_by_a_push()
    {
        await using var alice = await OpenAsync("alice");
        await alice.Page.EvaluateAsync("navigator.serviceWorker.ready.then(() => true)");
        var tools = await alice.Page.Context.NewCDPSessionAsync(alice.Page);
        await tools.SendAsync("ServiceWorker.enable");
        await tools.SendAsync("ServiceWorker.stopAllWorkers");

        var worker = await Worker.ReadyAsync(alice);
        await CloseAsync(alice, worker);
        await worker.PushAsync(Payload("dm:a:b", 1, "b", "awake", unread: 1));
        await worker.SeeAsync("b|awake|dm:a:b|false");
    }

    [Theory, MemberData(nameof(Screens))]
    public async Task They_are_turned_on_by_a_click_and_say_what_was_chosen(string name)
    {
        await using var alice = await OpenAsync("alice", _screens[name]);
        await alice.Page.GotoAsync("./#/settings");
        await Expect(alice.Page.GetByText("Be told of new messages, also while this page is closed.")).ToBeVisibleAsync();
        await CheckAsync(alice, name, "off");

        var first = await alice.Page.RunAndWaitForResponseAsync(() => alice.Button("Turn on").ClickAsync(), IsPut);
        Assert.Equal(204, first.Status);
        Assert.Contains("\"content\":\"none\"", first.Request.PostData, StringComparison.Ordinal);
        await Expect(alice.Page.GetByText("Notifications are on, also while this page is closed.")).ToBeVisibleAsync();
        var second = await alice.Page.RunAndWaitForResponseAsync(() => alice.Page.GetByText("all", new() { Exact = true }).ClickAsync(), IsPut);
        Assert.Contains("\"content\":\"full\"", second.Request.PostData, StringComparison.Ordinal);
        await Expect(alice.Page.GetByRole(AriaRole.Radio, new() { Name = "all" })).ToBeCheckedAsync();
        await alice.Page.GetByText("silent", new() { Exact = true }).ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Radio, new() { Name = "silent" })).ToBeCheckedAsync();
        await CheckAsync(alice, name, "on");

        var worker = await Worker.ReadyAsync(alice);
        await CloseAsync(alice, worker);
        await worker.PushAsync(Payload("dm:a:b", 1, "b", "psst", unread: 1));
        await worker.SeeAsync("b|psst|dm:a:b|true");

        // The server is told at each start. Nothing of it is left after signing out.
        await alice.Page.RunAndWaitForResponseAsync(() => alice.Page.GotoAsync("./"), IsPut);
        await alice.SignOutAsync();
        await worker.SeeAsync();
        await Until.TrueAsync(async () => await alice.Page.EvaluateAsync<bool>("async () => !localStorage.getItem('test.push') && !(await caches.has('chat:push'))"), "it is unsubscribed");
    }

    [Fact]
    public async Task They_are_turned_off_again()
    {
        await using var alice = await OpenAsync("alice");
        await alice.Page.GotoAsync("./#/settings");
        await alice.Page.RunAndWaitForResponseAsync(() => alice.Button("Turn on").ClickAsync(), IsPut);
        await alice.Page.RunAndWaitForResponseAsync(
            () => alice.Button("Turn off").ClickAsync(), answer => answer.Request.Method == "DELETE" && answer.Url.Contains("/v1/push", StringComparison.Ordinal));
        await Expect(alice.Button("Turn on")).ToBeVisibleAsync();
        Assert.Null(await alice.Page.EvaluateAsync<string?>("localStorage.getItem('test.push')"));
    }

    [Fact]
    public async Task The_page_can_be_installed_and_starts_without_the_server()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var alice = await browsers.OpenAsync(server);
        await alice.RegisterAsync("alice");
        await alice.WriteToAsync("bob");
        await alice.SendAsync("kept");
        await alice.SeeTickAsync("kept", "sent");
        await Worker.ReadyAsync(alice);

        var tools = await alice.Page.Context.NewCDPSessionAsync(alice.Page);
        var errors = (await tools.SendAsync("Page.getInstallabilityErrors"))!.Value.GetProperty("installabilityErrors").EnumerateArray();
        // The windows of a test are private ones.
        Assert.DoesNotContain(errors.Select(error => error.GetProperty("errorId").GetString()), id => id != "in-incognito");

        Assert.All(await alice.Page.EvaluateAsync<string[]>("async () => (await Promise.all((await caches.keys()).map(async name => (await (await caches.open(name)).keys()).map(one => one.url)))).flat()"),
            address => Assert.DoesNotContain("/v1/", address, StringComparison.Ordinal));
        await server.KillHardAsync();
        await alice.Page.ReloadAsync();
        await alice.SeeAsync("kept");
        await alice.SeeBarAsync("No connection.");
    }

    private static object Payload(string conversationId, int seqNo, string title, string body, int unread) =>
        new { v = 1, conversationId, messageId = $"m{seqNo}", seqNo, title, body, unread, badge = 1 };

    private static bool IsPut(IResponse answer) => answer.Request.Method == "PUT" && answer.Url.Contains("/v1/push", StringComparison.Ordinal);

    private static async Task CheckAsync(Window window, string screen, string state)
    {
        await window.Page.GetByRole(AriaRole.Heading, new() { Name = "Notifications" }).ScrollIntoViewIfNeededAsync();
        await Pictures.TakeAsync(window, $"{screen.Replace(' ', '-')}-push-{state}");
        Assert.Empty((await window.Page.RunAxe()).Violations.Select(v => $"{state}, {screen}: {v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"));
    }

    // While somebody looks at the page, nothing is shown, and here every page has the focus.
    private static async Task CloseAsync(Window window, Worker worker)
    {
        await window.Page.GotoAsync("about:blank");
        await worker.SeeNoPageAsync();
    }

    /// <summary>A user whose browser may show notifications.</summary>
    private async Task<Window> OpenAsync(string name, Screen? screen = null)
    {
        var alice = await browsers.RegisterAsync(name, screen: screen, script: PushService);
        await alice.Page.Context.GrantPermissionsAsync(["notifications"]);
        return alice;
    }
}

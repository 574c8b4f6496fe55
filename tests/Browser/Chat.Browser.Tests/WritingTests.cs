using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Keyboards, scripts and names of all kinds.</summary>
public sealed partial class WritingTests(Browsers browsers)
{
    // Safari ends the composition before the Enter that confirmed it: only the old key code tells.
    private const string ConfirmAsSafari = """
        field => {
          field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))
          return field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))
        }
        """;

    private const string LineEdges = """
        lines => lines.map(line => {
          const text = document.createRange()
          text.selectNodeContents(line)
          const inner = [...text.getClientRects()].filter(one => one.width > 0)
          const { left, right } = line.parentElement.getBoundingClientRect()
          return [Math.min(...inner.map(one => one.left)) - left, right - Math.max(...inner.map(one => one.right))]
        })
        """;

    // What sticks out of the window, and text that runs out of its own place without an ellipsis.
    private const string Overflowing = """
        () => [...document.querySelectorAll('body *')].flatMap(element => {
          const style = getComputedStyle(element)
          if (element.closest('.unseen, .skip') || !element.checkVisibility() || style.display === 'inline') return []
          const { left, right, width } = element.getBoundingClientRect()
          const isOut = width > 0 && (left < -1 || right > innerWidth + 1)
          const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
          const isCut = hasText && element.scrollWidth > element.clientWidth + 1 && style.textOverflow !== 'ellipsis'
          return isOut || isCut ? [`${element.tagName}.${element.className} ${left} to ${right}: ${element.textContent.slice(0, 30)}`] : []
        })
        """;

    [Fact]
    public async Task Enter_that_confirms_an_input_method_sends_nothing()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.Composer.FillAsync("にほ");
        await alice.Composer.EvaluateAsync(ConfirmAsSafari);
        await Expect(alice.Composer).ToHaveValueAsync("にほ");

        await alice.Composer.FillAsync("日本");
        await alice.Composer.PressAsync("Enter");
        await alice.SeeTickAsync("日本", "sent");
        Assert.Equal(["日本"], await alice.MessageTextsAsync());
    }

    [Fact]
    public async Task Enter_on_a_touch_keyboard_begins_a_line_and_the_button_sends()
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await Expect(alice.Composer).ToHaveAttributeAsync("enterkeyhint", "enter");
        await alice.Composer.PressSequentiallyAsync("one");
        await alice.Composer.PressAsync("Enter");
        await alice.Composer.PressSequentiallyAsync("two");
        await Expect(alice.Composer).ToHaveValueAsync("one\ntwo");

        await alice.Button("Send").ClickAsync();
        await alice.SeeTickAsync("one", "sent");
        // Of a keyboard that was plugged in.
        await alice.Composer.FillAsync("three");
        await alice.Composer.PressAsync("Control+Enter");
        await alice.SeeTickAsync("three", "sent");
        Assert.Equal(["one\ntwo", "three"], await alice.MessageTextsAsync());
    }

    [Fact]
    public async Task Each_line_has_the_direction_of_its_script()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("A longer line of English above\nשלום, מה שלומך?\n\nand English");
        await alice.SeeTickAsync("and English", "sent");

        var edges = await alice.Message("and English").Locator(".message-line").EvaluateAllAsync<double[][]>(LineEdges);
        await Pictures.TakeAsync(alice, "desktop-two-scripts");
        Assert.Equal(4, edges.Length);
        Assert.True(edges[1][0] > 20 && edges[1][1] < 2, $"The Hebrew line is {edges[1][0]} px from the left and {edges[1][1]} px from the right.");
        Assert.True(edges[3][0] < 2, $"The last English line is {edges[3][0]} px from the left.");
    }

    [Fact]
    public async Task The_longest_names_stay_within_a_small_phone()
    {
        string Longest(string name) => browsers.NewUserId(name).PadRight(64, 'm');
        var title = new string('W', 128);
        await using var server = await ServerProcess.StartAsync();
        await using var alice = await browsers.OpenAsync(server, Screen.SmallPhone);
        await alice.RegisterAsync(Longest("alice"));
        await using var bob = await browsers.OpenAsync(server);
        await bob.RegisterAsync(Longest("bob"));
        await CheckAsync("empty");
        using var carol = await Seed.RegisterAsync(server, Longest("carol"));
        var group = await carol.CreateGroupAsync(title, alice.UserId, bob.UserId);
        await carol.WriteAsync(group, new string('x', 300));
        await Expect(alice.Row(title)).ToBeVisibleAsync();
        await CheckAsync("list");

        await alice.OpenConversationAsync(title);
        await alice.Message(new string('x', 300)).GetByRole(AriaRole.Button, new() { Name = $"Reply to {carol.UserId}" }).ClickAsync();
        await bob.OpenConversationAsync(title);
        await bob.Composer.PressSequentiallyAsync("so");
        await Expect(alice.Page.Locator(".typing-line")).ToContainTextAsync("writing");
        await CheckAsync("typing and replying");
        await alice.SendAsync("an answer");
        await bob.SendAsync("https://example.org/" + new string('a', 300));
        await alice.SeeAsync("https://example.org/");
        await CheckAsync("quote and address");

        await alice.Button("Group details").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Heading, new() { Name = "Members" })).ToBeVisibleAsync();
        await CheckAsync("details");
        await alice.Button("Leave group").ClickAsync();
        await CheckAsync("dialog");
        await alice.Page.Keyboard.PressAsync("Escape");
        foreach (var view in new[] { "new", "devices", "settings", $"c/dm:{alice.UserId}:{bob.UserId}" })
        {
            await alice.Page.GotoAsync($"/#/{view}");
            await Expect(alice.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await Expect(alice.Page.GetByText("Loading…")).ToHaveCountAsync(0);
            await CheckAsync(view.Split('/')[0]);
        }

        async Task CheckAsync(string view)
        {
            await Pictures.TakeAsync(alice, $"small-phone-{view.Replace(' ', '-')}");
            Assert.Equal("", string.Join('\n', (await alice.Page.EvaluateAsync<string[]>(Overflowing)).Select(found => $"{view}: {found}")));
        }
    }

    [Fact]
    public async Task Copied_messages_say_who_wrote_them_and_when_and_keep_their_lines()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await using var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("first line\n\nthird line");
        await bob.OpenConversationAsync(alice.UserId);
        await bob.SendAsync("answer");
        await alice.SeeAsync("answer");
        await alice.SeeTickAsync("first line", "read");

        var copied = await CopyAsync(alice, "li.message", "li.message");
        Assert.Matches(
            $@"^\[\d\d/\d\d/\d\d\d\d, \d\d:\d\d\] {alice.UserId}: first line\n\nthird line\n\[\d\d/\d\d/\d\d\d\d, \d\d:\d\d\] {bob.UserId}: answer$", copied);

        // Of a part what was chosen of it; within one message the lines alone.
        var part = await CopyAsync(alice, "li.message p:nth-child(3) .message-line", "li.message");
        Assert.Matches($@"^\[.+\] {alice.UserId}: third line\n\[.+\] {bob.UserId}: answer$", part);
        Assert.Equal("first line\n\nthird line", (await CopyAsync(alice, "li.message .message-line", "li.message p:nth-child(3) .message-line")).Trim());
    }

    [Fact]
    public async Task Times_are_those_of_the_reader_s_region()
    {
        await using var alice = await browsers.RegisterAsync("alice");
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.SendAsync("when?");
        await alice.SeeTickAsync("when?", "sent");

        var time = alice.Message("when?").Locator("time");
        Assert.Matches(ByTheDay(), await time.InnerTextAsync());
        Assert.Matches(DayFirst(), await time.GetAttributeAsync("title"));
    }

    /// <summary>Chooses from the start of the first element to the end of the last, and copies as a user does.</summary>
    private static async Task<string> CopyAsync(Window window, string first, string last)
    {
        await window.Page.EvaluateAsync(
            """
            ([first, last]) => {
              globalThis.copied = undefined
              addEventListener('copy', event => { globalThis.copied = event.clipboardData.getData('text/plain') || getSelection().toString() }, { once: true })
              const [from, to] = [document.querySelectorAll(first)[0], [...document.querySelectorAll(last)].at(-1)]
              getSelection().setBaseAndExtent(from, 0, to, to.childNodes.length)
            }
            """,
            new[] { first, last });
        await window.Page.Keyboard.PressAsync("Control+c");
        await Until.TrueAsync(async () => await window.Page.EvaluateAsync<bool>("copied !== undefined"), "it was copied");
        return await window.Page.EvaluateAsync<string>("copied");
    }

    [GeneratedRegex(@"^\d\d:\d\d$")]
    private static partial Regex ByTheDay();

    [GeneratedRegex(@"^\w+,? \d+ \w+ \d{4}")]
    private static partial Regex DayFirst();
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Pictures, sound and files, from one user's page to another's.</summary>
public sealed partial class MediaTests(Browsers browsers)
{
    private const string Shown = "[data-shown=picture]";

    // So slow that a large file is still on its way when the page is reloaded, however busy the machine is: it would take two minutes.
    private const int UploadBytesPerSecond = 25_000;

    private const string WatchPlaying = """
        note => {
          globalThis.hasPlayed = false
          const look = () => { hasPlayed ||= note.dataset.state === 'playing' && !!note.querySelector('.waveform .done') }
          new MutationObserver(look).observe(note, { subtree: true, attributes: true, childList: true })
        }
        """;

    [Fact]
    public async Task Several_picked_files_are_one_message_that_shows_its_blurhash_before_its_picture()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        var answers = new ConcurrentQueue<string>();
        bob.Page.Response += (_, answer) => answers.Enqueue($"{answer.Status} {new Uri(answer.Url).Segments[^1]}");
        var release = new TaskCompletionSource();
        await bob.Page.RouteAsync(PictureBytes(), async route =>
        {
            await release.Task;
            await route.ContinueAsync();
        });

        await alice.PickAsync(
            await Files.PictureAsync(alice, "sunset.jpg"), await Files.PictureAsync(alice, "dawn.jpg", 800, 1200, hue: 200), Files.Text("notes.txt", "the notes"));
        await Expect(alice.Page.GetByRole(AriaRole.List, new() { Name = "Files to send" }).GetByRole(AriaRole.Listitem)).ToHaveCountAsync(3);
        await alice.SendAsync("From the lake");
        await alice.SeeTickAsync("From the lake", "read");

        var message = bob.Message("From the lake");
        await Expect(message.Locator(".tile")).ToHaveCountAsync(2);
        await Expect(message.Locator(".tile canvas.blurhash")).ToHaveCountAsync(2);
        await Expect(message.Locator(Shown)).ToHaveCountAsync(0);
        release.SetResult();
        await Expect(message.Locator(Shown)).ToHaveCountAsync(2);
        // As large as it is drawn, not the whole picture.
        await Until.TrueAsync(() => answers.Count(answer => answer == "200 thumbnail") == 2, "the two thumbnails are there", () => string.Join(", ", answers));
        await Expect(message.GetByRole(AriaRole.Button, new() { Name = "sunset.jpg" })).ToBeVisibleAsync();

        var saved = await bob.Page.RunAndWaitForDownloadAsync(() => message.GetByRole(AriaRole.Button, new() { Name = "Download notes.txt 9 bytes" }).ClickAsync());
        Assert.Equal("notes.txt", saved.SuggestedFilename);
        Assert.Equal("the notes", await ReadAsync(saved));
    }

    [Fact]
    public async Task The_list_says_what_a_message_without_words_has_and_a_large_picture_is_sent_smaller()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;

        await alice.PickAsync(await Files.PictureAsync(alice, "large.jpg", 3000, 2000));
        await alice.Button("Send").ClickAsync();
        await Expect(bob.Messages.Locator(Shown)).ToHaveCountAsync(1);
        await Expect(bob.Row(alice.UserId)).ToContainTextAsync("Photo");
        Assert.Equal(2048, await WidthInViewerAsync(bob));

        await alice.PickAsync(await Files.PictureAsync(alice, "large.jpg", 3000, 2000));
        await alice.Page.GetByLabel("Original size").CheckAsync();
        await alice.Button("Send").ClickAsync();
        await Expect(bob.Messages.Locator(Shown)).ToHaveCountAsync(2);
        Assert.Equal(3000, await WidthInViewerAsync(bob));
    }

    [Fact]
    public async Task The_viewer_works_by_keys_alone_and_gives_the_focus_back()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        foreach (var (name, hue) in new[] { ("one.jpg", 10), ("two.jpg", 130), ("three.jpg", 250) })
        {
            await alice.PickAsync(await Files.PictureAsync(alice, name, hue: hue));
            await alice.Button("Send").ClickAsync();
            await Expect(bob.Messages.Locator($".tile:has-text('{name}') {Shown}")).ToHaveCountAsync(1);
        }

        // From the composer to the messages, up to the second, and in.
        await bob.Page.GetByRole(AriaRole.Region, new() { Name = "Messages" }).FocusAsync();
        await bob.Page.Keyboard.PressAsync("ArrowUp");
        await bob.Page.Keyboard.PressAsync("ArrowUp");
        await bob.Page.Keyboard.PressAsync("v");
        var viewer = bob.Page.GetByRole(AriaRole.Dialog, new() { Name = "Pictures and videos" });
        await Expect(viewer.GetByAltText("two.jpg")).ToBeVisibleAsync();
        await Expect(viewer).ToContainTextAsync("2 of 3");
        await bob.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(viewer.GetByAltText("three.jpg")).ToBeVisibleAsync();
        await bob.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(viewer).ToContainTextAsync("3 of 3");
        await bob.Page.Keyboard.PressAsync("Home");
        await Expect(viewer).ToContainTextAsync("1 of 3");

        await bob.Page.Keyboard.PressAsync("+");
        await Expect(viewer.GetByRole(AriaRole.Button, new() { Name = "Zoom out" })).ToBeVisibleAsync();
        await Expect(viewer.GetByAltText("one.jpg")).ToHaveAttributeAsync("style", ZoomedIn());
        await bob.Page.Keyboard.PressAsync("0");
        await Expect(viewer.GetByRole(AriaRole.Button, new() { Name = "Zoom in" })).ToBeVisibleAsync();
        for (var i = 0; i < 8; i++)
        {
            await bob.Page.Keyboard.PressAsync("Tab");
            Assert.True(await bob.Page.EvaluateAsync<bool>("document.activeElement === document.body || !!document.activeElement.closest('dialog')"), "Focus left the viewer.");
        }

        await bob.Page.Keyboard.PressAsync("Escape");
        await Expect(viewer).ToHaveCountAsync(0);
        await Expect(bob.Page.Locator("li.message:focus-within")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_voice_note_is_recorded_sent_and_played_faster()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;

        await alice.Button("Record a voice message").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Timer)).ToHaveTextAsync(Recorded());
        await Pictures.TakeAsync(alice, "desktop-light-recording");
        await alice.Button("Send the voice message").ClickAsync();

        var note = bob.Page.GetByRole(AriaRole.Group, new() { Name = "Voice message" });
        await Expect(note).ToBeVisibleAsync();
        await Expect(bob.Row(alice.UserId)).ToContainTextAsync(VoiceLabel());
        Assert.True(await note.Locator(".waveform rect").EvaluateAllAsync<bool>("bars => Math.max(...bars.map(bar => Number(bar.getAttribute('height')))) > 4"), "Nothing was heard.");
        await note.GetByRole(AriaRole.Button, new() { Name = "Speed 1×" }).ClickAsync();
        await Expect(note.GetByRole(AriaRole.Button, new() { Name = "Speed 1.5×" })).ToBeVisibleAsync();
        // It plays for a second or two, which a look at it may miss.
        await note.EvaluateAsync(WatchPlaying);
        await note.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Until.TrueAsync(async () => await bob.Page.EvaluateAsync<bool>("hasPlayed"), "it played, and its waveform showed how far");
        await Expect(note).ToHaveAttributeAsync("data-state", "paused");
        await note.GetByRole(AriaRole.Button, new() { Name = "Speed 1.5×" }).ClickAsync();
        await Expect(note.GetByRole(AriaRole.Button, new() { Name = "Speed 2×" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_video_plays_in_the_viewer_from_its_signed_address()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        await alice.PickAsync(await Files.FilmAsync(alice, "film.webm"));
        await alice.SendAsync("Look");
        await Expect(bob.Message("Look").GetByRole(AriaRole.Button, new() { Name = "film.webm" })).ToBeVisibleAsync();

        var parts = bob.Page.WaitForResponseAsync(answer => answer.Url.Contains("/signed?", StringComparison.Ordinal) && answer.Status == 206);
        await bob.Message("Look").Locator(".tile").ClickAsync();
        await parts;
        var video = bob.Page.Locator("dialog video");
        await Until.TrueAsync(async () => await video.EvaluateAsync<bool>("video => video.videoWidth === 320 && video.currentTime > 0.2"), "the video played");
        await bob.Page.Keyboard.PressAsync("Escape");
        await Expect(bob.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_recording_that_is_discarded_sends_nothing_and_frees_the_microphone()
    {
        await using var alice = await browsers.RegisterAsync("alice", script: """
            globalThis.tracks = []
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
            navigator.mediaDevices.getUserMedia = async wish => {
              const stream = await ask(wish)
              tracks.push(...stream.getTracks())
              return stream
            }
            """);
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.Button("Record a voice message").ClickAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Timer)).ToHaveTextAsync(Recorded());
        await alice.Page.Keyboard.PressAsync("Escape");
        await Expect(alice.Composer).ToBeFocusedAsync();
        await Until.TrueAsync(
            async () => (await alice.Page.EvaluateAsync<string[]>("tracks.map(track => track.readyState)")) is ["ended"], "the microphone is free");
        await Expect(alice.Messages).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Dragged_and_pasted_files_are_taken_and_may_be_removed_again()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        var tray = alice.Page.GetByRole(AriaRole.List, new() { Name = "Files to send" });

        await alice.DragAsync(Files.Text("dragged.txt", "dragged"));
        await Expect(alice.Page.GetByText("Drop files here to send them")).ToBeVisibleAsync();
        await alice.DropAsync(Files.Text("dragged.txt", "dragged"));
        await Expect(alice.Page.GetByText("Drop files here to send them")).ToHaveCountAsync(0);
        await alice.PasteAsync(await Files.PictureAsync(alice, "pasted.png", 300, 200, type: "image/png"));
        await Expect(tray.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await alice.Button("Remove dragged.txt").ClickAsync();
        await Expect(tray.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await alice.SendAsync("pasted");
        await Expect(bob.Message("pasted").Locator(Shown)).ToHaveCountAsync(1);

        await alice.DropAsync([.. Enumerable.Range(1, 11).Select(i => Files.Text(string.Create(CultureInfo.InvariantCulture, $"{i}.txt"), "x"))]);
        await Expect(alice.Page.GetByText("At most 10 files go into one message.")).ToBeVisibleAsync();
        await Expect(tray.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(10);
    }

    [Fact]
    public async Task An_upload_is_cancelled_or_tried_again()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        await alice.Page.RouteAsync("**/v1/media/**", route => route.AbortAsync());
        await alice.PickAsync(Files.Unknown("cancelled.bin", 900_000));
        await alice.SendAsync("not this");
        await Expect(alice.Message("not this")).ToContainTextAsync("Uploading, 0%");
        await alice.Message("not this").GetByRole(AriaRole.Button, new() { Name = "Cancel sending" }).ClickAsync();
        await Expect(alice.Message("not this")).ToHaveCountAsync(0);
        await alice.Page.UnrouteAllAsync();

        await alice.Page.RouteAsync("**/v1/media/**", route => route.FulfillAsync(new()
        {
            Status = 413, ContentType = "application/problem+json", Body = """{"code":"quota_exceeded","title":"No room."}""",
        }));
        await alice.PickAsync(Files.Text("again.txt", "again"));
        await alice.SendAsync("but this");
        await Expect(alice.Message("but this")).ToContainTextAsync("Not sent. Your storage is full.");
        await Pictures.TakeAsync(alice, "desktop-light-upload-failed");
        await alice.Page.UnrouteAllAsync();
        await alice.Message("but this").GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
        await alice.SeeTickAsync("but this", "read");
        await Expect(bob.Message("but this")).ToContainTextAsync("again.txt");
        await Expect(bob.Message("not this")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_reload_in_the_middle_of_an_upload_loses_nothing()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        var calls = new ConcurrentQueue<string>();
        alice.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("/v1/media/", StringComparison.Ordinal))
                calls.Enqueue(request.Method);
        };
        var file = Files.Unknown("large.bin", 3_000_000);
        var network = await alice.Page.Context.NewCDPSessionAsync(alice.Page);
        await network.SendAsync("Network.enable");
        await network.SendAsync(
            "Network.emulateNetworkConditions", new() { ["offline"] = false, ["latency"] = 0, ["downloadThroughput"] = -1, ["uploadThroughput"] = UploadBytesPerSecond });
        await alice.PickAsync(file);
        await alice.SendAsync("through a reload");
        await Expect(alice.Message("through a reload")).ToContainTextAsync(UnderWay());
        await Pictures.TakeAsync(alice, "desktop-light-uploading");
        await network.DetachAsync();
        await alice.Page.ReloadAsync();

        await alice.SeeTickAsync("through a reload", "read");
        var saved = await bob.Page.RunAndWaitForDownloadAsync(() => bob.Message("through a reload").Locator(".file").ClickAsync());
        Assert.Equal(file.Buffer, await File.ReadAllBytesAsync(await saved.PathAsync(), TestContext.Current.CancellationToken));
        // It went on where it was: one upload, asked how far it had got.
        Assert.Single(calls, "POST");
        Assert.Contains("HEAD", calls);
    }

    [Fact]
    public async Task What_a_conversation_has_to_look_up_again_is_beside_it()
    {
        var (alice, bob) = await TwoAsync();
        await using var _ = alice;
        await using var __ = bob;
        await alice.PickAsync(await Files.PictureAsync(alice, "hut.jpg"), Files.Text("list.txt", "tent"));
        await alice.SendAsync("Map: https://example.org/maps/hut");
        await alice.SeeTickAsync("Map", "read");

        await bob.Button("Media, files and links").ClickAsync();
        var pane = bob.Page.GetByRole(AriaRole.Complementary, new() { Name = "Media, files and links" });
        await Expect(pane.GetByRole(AriaRole.Button, new() { Name = "hut.jpg" })).ToBeVisibleAsync();
        await pane.GetByText("Files", new() { Exact = true }).ClickAsync();
        await Expect(pane.GetByRole(AriaRole.Button, new() { Name = "Download list.txt 4 bytes" })).ToBeVisibleAsync();
        await pane.GetByText("Links", new() { Exact = true }).ClickAsync();
        await Expect(pane.GetByRole(AriaRole.Link, new() { Name = "https://example.org/maps/hut" })).ToBeVisibleAsync();
        await bob.Page.Keyboard.PressAsync("Escape");
        await Expect(pane).ToHaveCountAsync(0);
        await Expect(bob.Button("Media, files and links")).ToBeFocusedAsync();
    }

    private async Task<(Window Alice, Window Bob)> TwoAsync()
    {
        var alice = await browsers.RegisterAsync("alice");
        var bob = await browsers.RegisterAsync("bob");
        await alice.WriteToAsync(bob.UserId);
        await alice.SendAsync("hi");
        await bob.OpenConversationAsync(alice.UserId);
        await alice.SeeTickAsync("hi", "read");
        return (alice, bob);
    }

    private static async Task<int> WidthInViewerAsync(Window window)
    {
        await window.Messages.Locator(".tile").Last.ClickAsync();
        var picture = window.Page.Locator("dialog img[data-loaded=whole]");
        await picture.WaitForAsync();
        await Until.TrueAsync(async () => await picture.EvaluateAsync<bool>("image => image.complete && image.naturalWidth > 0"), "the picture was decoded");
        var width = await picture.EvaluateAsync<int>("image => image.naturalWidth");
        await window.Page.Keyboard.PressAsync("Escape");
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        return width;
    }

    private static async Task<string> ReadAsync(IDownload saved) => await File.ReadAllTextAsync(await saved.PathAsync(), TestContext.Current.CancellationToken);

    [GeneratedRegex("/v1/media/[0-9a-f-]{36}(/thumbnail)?\\?")]
    private static partial Regex PictureBytes();

    [GeneratedRegex("scale\\(1\\.5\\)")]
    private static partial Regex ZoomedIn();

    [GeneratedRegex("Voice message \\(\\d:\\d\\d\\)")]
    private static partial Regex VoiceLabel();

    [GeneratedRegex("0:(0[2-9]|[1-5]\\d)")]
    private static partial Regex Recorded();

    [GeneratedRegex("Uploading, [1-9]\\d?%")]
    private static partial Regex UnderWay();
}

using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Chat.Browser.Tests;

/// <summary>Media by fingers, on a phone: touches as the browser gets them from a screen.</summary>
public sealed partial class MediaTouchTests(Browsers browsers)
{
    [Fact]
    public async Task A_finger_goes_to_the_next_picture_and_away_and_two_zoom()
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await alice.PickAsync(await Files.PictureAsync(alice, "1.jpg", hue: 90), await Files.PictureAsync(alice, "2.jpg", hue: 200));
        await alice.SendAsync("Two");
        await Expect(alice.Messages.Locator("[data-shown=picture]")).ToHaveCountAsync(2);
        var screen = await alice.Page.Context.NewCDPSessionAsync(alice.Page);
        await alice.Messages.Locator(".tile").First.TapAsync();
        var place = alice.Page.Locator(".viewer-when");
        await Expect(place).ToContainTextAsync("1 of 2");

        await TouchAsync(screen, [(330, 400)], [(60, 410)]);
        await Expect(place).ToContainTextAsync("2 of 2");
        await TouchAsync(screen, [(60, 400)], [(330, 390)]);
        await Expect(place).ToContainTextAsync("1 of 2");

        await TouchAsync(screen, [(170, 400), (220, 400)], [(70, 400), (320, 400)]);
        await Expect(alice.Button("Zoom out")).ToBeVisibleAsync();
        var zoom = await ZoomAsync(alice);
        Assert.InRange(zoom.Scale, 4.9, 5.1);
        // A zoomed picture is moved, and not left.
        await TouchAsync(screen, [(300, 400)], [(100, 450)]);
        await Until.TrueAsync(async () => await ZoomAsync(alice) == (zoom.X - 200, zoom.Y + 50, zoom.Scale), "the picture was moved");
        await Expect(place).ToContainTextAsync("1 of 2");
        await TouchAsync(screen, [(70, 400), (320, 400)], [(180, 400), (200, 400)]);
        await Expect(alice.Button("Zoom in")).ToBeVisibleAsync();

        await TouchAsync(screen, [(200, 300)], [(205, 600)]);
        await Expect(alice.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_photo_is_taken_by_the_camera_of_the_phone_and_sent()
    {
        await using var alice = await browsers.RegisterAsync("alice", screen: Screen.Phone);
        await alice.WriteToAsync(browsers.NewUserId("bob"));
        await Expect(alice.Page.Locator("[data-pick=camera]")).ToHaveAttributeAsync("capture", "environment");
        await Expect(alice.Page.Locator("[data-pick=camera]")).ToHaveAttributeAsync("accept", "image/*");
        var photo = await Files.PictureAsync(alice, "IMG_1.jpg");

        var camera = await alice.Page.RunAndWaitForFileChooserAsync(() => alice.Button("Take a photo").TapAsync());
        Assert.False(camera.IsMultiple);
        await camera.SetFilesAsync(photo);

        await Expect(alice.Page.Locator(".tray-file img")).ToHaveCountAsync(1);
        await alice.SendAsync("Just now");
        await Expect(alice.Message("Just now").Locator("[data-shown=picture]")).ToHaveCountAsync(1);
    }

    // All fingers at once, from where they begin to where they end.
    private static async Task TouchAsync(ICDPSession screen, (double X, double Y)[] from, (double X, double Y)[] to)
    {
        const int Moves = 5;
        await DispatchAsync("touchStart", from);
        for (var move = 1; move <= Moves; move++)
        {
            var share = (double)move / Moves;
            await DispatchAsync("touchMove", from.Zip(to, (a, b) => (a.X + (b.X - a.X) * share, a.Y + (b.Y - a.Y) * share)));
        }
        await DispatchAsync("touchEnd", []);

        Task DispatchAsync(string type, IEnumerable<(double X, double Y)> fingers) => screen.SendAsync("Input.dispatchTouchEvent", new Dictionary<string, object>
        {
            ["type"] = type,
            ["touchPoints"] = fingers.Select((finger, id) => new Dictionary<string, object> { ["x"] = finger.X, ["y"] = finger.Y, ["id"] = id }).ToArray(),
        });
    }

    private static async Task<(double X, double Y, double Scale)> ZoomAsync(Window window)
    {
        var style = await window.Page.Locator("dialog .viewer-picture").GetAttributeAsync("style");
        var match = Transform().Match(style ?? "");
        Assert.True(match.Success, style);
        return (Number(1), Number(2), Number(3));

        double Number(int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"translate\(([-0-9.]+)px, ([-0-9.]+)px\) scale\(([0-9.]+)\)")]
    private static partial Regex Transform();
}

namespace Chat.Browser.Tests;

/// <summary>Pictures of what a test saw, in the folder that CHAT_SCREENSHOTS names; without it none.</summary>
internal static class Pictures
{
    public static async Task TakeAsync(Window window, string name)
    {
        if (Environment.GetEnvironmentVariable("CHAT_SCREENSHOTS") is { Length: > 0 } folder)
            await window.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }
}

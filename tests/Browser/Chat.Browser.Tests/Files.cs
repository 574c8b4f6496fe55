using System.Text;
using Microsoft.Playwright;

namespace Chat.Browser.Tests;

/// <summary>Files to send, and the ways in which a user gives them to the page.</summary>
internal static class Files
{
    // Drawn by the browser itself. With noise no compression makes it small.
    private const string Draw = """
        async ({ width, height, noise, hue, type }) => {
          const canvas = document.createElement('canvas')
          Object.assign(canvas, { width, height })
          const context = canvas.getContext('2d')
          const ground = context.createLinearGradient(0, 0, width, height)
          ground.addColorStop(0, `hsl(${hue} 70% 70%)`)
          ground.addColorStop(1, `hsl(${hue + 60} 70% 30%)`)
          context.fillStyle = ground
          context.fillRect(0, 0, width, height)
          context.fillStyle = `hsl(${hue + 180} 80% 60%)`
          context.beginPath()
          context.arc(width * 0.65, height * 0.4, height * 0.22, 0, 7)
          context.fill()
          if (noise) {
            const picture = context.getImageData(0, 0, width, height)
            for (let at = 0; at < picture.data.length; at++) if (at % 4 < 3) picture.data[at] ^= Math.random() * 64
            context.putImageData(picture, 0, 0)
          }
          const blob = await new Promise(done => canvas.toBlob(done, type, 0.9))
          return [...new Uint8Array(await blob.arrayBuffer())].map(byte => byte.toString(16).padStart(2, '0')).join('')
        }
        """;

    // A second of a canvas that changes.
    private const string Film = """
        async () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
          const context = canvas.getContext('2d')
          const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm;codecs=vp8' })
          const parts = []
          recorder.ondataavailable = ({ data }) => parts.push(data)
          const stopped = new Promise(done => { recorder.onstop = done })
          recorder.start()
          for (let frame = 0; frame < 24; frame++) {
            context.fillStyle = `hsl(${frame * 15} 70% 50%)`
            context.fillRect(0, 0, 320, 180)
            await new Promise(next => setTimeout(next, 50))
          }
          recorder.stop()
          await stopped
          return [...new Uint8Array(await new Blob(parts).arrayBuffer())].map(byte => byte.toString(16).padStart(2, '0')).join('')
        }
        """;

    private const string Give = """
        (target, { files, how }) => {
          const data = new DataTransfer()
          for (const { name, type, content } of files) data.items.add(new File([Uint8Array.from(atob(content), letter => letter.charCodeAt(0))], name, { type }))
          const tell = event => target.dispatchEvent(event)
          if (how === 'paste') return void tell(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
          for (const name of how === 'drag' ? ['dragenter', 'dragover'] : ['drop'])
            tell(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }))
        }
        """;

    public static async Task<FilePayload> PictureAsync(
        Window window, string name, int width = 1200, int height = 800, bool noise = false, int hue = 20, string type = "image/jpeg")
    {
        var hex = await window.Page.EvaluateAsync<string>(Draw, new { width, height, noise, hue, type });
        return new() { Name = name, MimeType = type, Buffer = Convert.FromHexString(hex) };
    }

    public static async Task<FilePayload> FilmAsync(Window window, string name) =>
        new() { Name = name, MimeType = "video/webm", Buffer = Convert.FromHexString(await window.Page.EvaluateAsync<string>(Film)) };

    public static FilePayload Text(string name, string content) => new() { Name = name, MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes(content) };

    /// <summary>Bytes of no known kind that no compression makes smaller.</summary>
    public static FilePayload Unknown(string name, int bytes)
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        return new() { Name = name, MimeType = "application/octet-stream", Buffer = content };
    }

    public static Task PickAsync(this Window window, params FilePayload[] files) =>
        window.Page.Locator("input[data-pick=files]").SetInputFilesAsync(files);

    public static Task PasteAsync(this Window window, params FilePayload[] files) => GiveAsync(window.Composer, "paste", files);

    /// <summary>Holds files over the conversation.</summary>
    public static Task DragAsync(this Window window, params FilePayload[] files) => GiveAsync(window.Page.Locator(".conversation"), "drag", files);

    public static Task DropAsync(this Window window, params FilePayload[] files) => GiveAsync(window.Page.Locator(".conversation"), "drop", files);

    private static async Task GiveAsync(ILocator target, string how, FilePayload[] files) => await target.EvaluateAsync(
        Give, new { how, files = files.Select(file => new { name = file.Name, type = file.MimeType, content = Convert.ToBase64String(file.Buffer) }).ToArray() });
}

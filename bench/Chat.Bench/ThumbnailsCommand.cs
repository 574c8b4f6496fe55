using System.Diagnostics;
using System.Globalization;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Inspection.Pictures;
using Chat.Modules.Media.Storage;
using Chat.Modules.Media.Thumbnails;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SkiaSharp;

namespace Chat.Bench;

/// <summary>Thumbnails of one picture, again and again: read, decoded, made smaller, encoded and written to a folder, as the server does after an upload.</summary>
internal static class ThumbnailsCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var thumbnails = arguments.Int("--thumbnails", 10_000);
        var decodes = arguments.Int("--decodes", new PictureOptions().Decodes);
        var picture = arguments.Text("--picture") is { } path
            ? await File.ReadAllBytesAsync(path, ct)
            : Drawn(arguments.Int("--width", 4000), arguments.Int("--height", 3000));
        arguments.RefuseUnknown();

        var folder = Directory.CreateTempSubdirectory("chat-bench-").FullName;
        try
        {
            using var meters = new NoMeters();
            var options = Options.Create(new PictureOptions { Decodes = decodes });
            using var decoder = new PictureDecoder(options, new InspectionMetrics(meters), TimeProvider.System, NullLogger<PictureDecoder>.Instance);
            var store = new FolderMediaStore(folder);
            var layout = PictureLayout.Read(new MemoryStream(picture), ct) ?? throw new BenchException("That is no picture.");
            var steps = ThumbnailSteps.Of(layout.ShownWidth);
            using var process = Process.GetCurrentProcess();
            await MakeAsync(0);
            process.Refresh();
            var (started, cpu, before) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime, process.WorkingSet64);

            var pictures = (thumbnails + steps.Count - 1) / steps.Count;
            await Parallel.ForAsync(0, pictures, new ParallelOptions { MaxDegreeOfParallelism = decodes, CancellationToken = ct }, async (n, _) => await MakeAsync(n));

            process.Refresh();
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{pictures * steps.Count:N0} thumbnails of {pictures:N0} pictures ({layout.Width} x {layout.Height}, {picture.Length / 1024:N0} KiB) in {seconds:N0} s: {pictures * steps.Count / seconds:N0} thumbnails/s, {pictures / seconds:N1} pictures/s"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"processor {(process.TotalProcessorTime - cpu).TotalMilliseconds / pictures:N0} ms a picture; memory {before >> 20:N0} MiB after the first, {process.PeakWorkingSet64 >> 20:N0} MiB at most"));
            return 0;

            async Task MakeAsync(int number)
            {
                var made = await decoder.DecodeAsync(
                    new MemoryStream(picture, writable: false), layout, steps[^1], ThumbnailSteps.MaxHeight, bitmap => ThumbnailEncoder.Encode(bitmap, steps), ct)
                    ?? throw new BenchException("The picture is broken.");
                foreach (var (step, bytes) in made)
                    await store.WriteAsync(ThumbnailSteps.KeyOf($"{number:D8}", step), new MemoryStream(bytes, writable: false), ct);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // As hard to encode as a photograph, about: colours that run into one another, with a grain.
    private static byte[] Drawn(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(bitmap))
        using (var colours = SKShader.CreatePerlinNoiseTurbulence(0.004f, 0.004f, 6, 1))
        using (var paint = new SKPaint { Shader = colours })
        {
            canvas.Clear(SKColors.CornflowerBlue);
            canvas.DrawPaint(paint);
        }
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, 85);
        return encoded.ToArray();
    }
}

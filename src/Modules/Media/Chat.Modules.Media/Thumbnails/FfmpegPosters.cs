using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>A picture of a video, and how long the video is.</summary>
/// <param name="Picture">PNG; empty if ffmpeg made none.</param>
/// <param name="DurationMs">Null where ffmpeg does not know.</param>
internal sealed record Poster(byte[] Picture, long? DurationMs);

/// <summary>
/// Starts ffmpeg for one video: a process with limits of time, memory and output, that opens no file but this one, and speaks to nobody. It is killed when it
/// has not ended in time.
/// </summary>
internal sealed partial class FfmpegPosters(IOptions<ThumbnailOptions> options, TimeProvider clock, ILogger<FfmpegPosters> log) : IDisposable
{
    private const int MaxPictureBytes = 16 * 1024 * 1024;
    private const int MaxWordsBytes = 64 * 1024;
    private const int BufferBytes = 128 * 1024;

    // The demuxer is named: else one of a playlist could be found in the file, which opens others.
    private static readonly Dictionary<string, string> Demuxers = new()
    {
        ["video/mp4"] = "mov", ["video/quicktime"] = "mov", ["video/webm"] = "matroska", ["video/x-matroska"] = "matroska", ["video/ogg"] = "ogg",
    };

    private readonly SemaphoreSlim _processes = new(options.Value.FfmpegProcesses);

    public static bool CanMake(ThumbnailOptions options, string contentType) => !string.IsNullOrWhiteSpace(options.Ffmpeg) && Demuxers.ContainsKey(contentType);

    /// <param name="durationMs">What the video's header says; null where it does not.</param>
    /// <returns>Null if ffmpeg cannot be started, took too long, or wrote too much.</returns>
    public async Task<Poster?> MakeAsync(Stream video, string contentType, long? durationMs, CancellationToken ct)
    {
        await _processes.WaitAsync(ct);
        try
        {
            return video is FileStream file
                ? await RunAsync(file.Name, contentType, durationMs, ct)
                : await RunWithCopyAsync(video, contentType, durationMs, ct);
        }
        finally
        {
            _processes.Release();
        }
    }

    public void Dispose() => _processes.Dispose();

    // A film's table is often at its end, so ffmpeg has to seek.
    private async Task<Poster?> RunWithCopyAsync(Stream video, string contentType, long? durationMs, CancellationToken ct)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await using (var copy = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
                await video.CopyToAsync(copy, BufferBytes, ct);
            return await RunAsync(path, contentType, durationMs, ct);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<Poster?> RunAsync(string path, string contentType, long? durationMs, CancellationToken ct)
    {
        // The first frame is often black.
        var at = Math.Min(1.0, (durationMs ?? 0) / 2000.0);
        using var process = new Process { StartInfo = Limited(path, Demuxers[contentType], at) };
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.FfmpegSeconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            log.FfmpegNotStarted(e);
            return null;
        }
        try
        {
            var picture = ReadAsync(process.StandardOutput.BaseStream, MaxPictureBytes, either.Token);
            var words = ReadAsync(process.StandardError.BaseStream, MaxWordsBytes, either.Token);
            await Task.WhenAll(picture, words);
            await process.WaitForExitAsync(either.Token);
            if (process.ExitCode != 0)
                log.PosterFailed(contentType, process.ExitCode);
            return new Poster(process.ExitCode == 0 ? await picture : [], DurationIn(Encoding.UTF8.GetString(await words)));
        }
        catch (Exception e) when (e is InvalidDataException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            log.PosterAborted(contentType);
            return null;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private ProcessStartInfo Limited(string path, string demuxer, double at)
    {
        string[] arguments =
        [
            "-hide_banner", "-nostdin", "-nostats", "-threads", "1", "-protocol_whitelist", "file,pipe", "-f", demuxer,
            "-ss", at.ToString("0.###", CultureInfo.InvariantCulture), "-i", $"file:{path}", "-map", "0:v:0", "-an", "-sn", "-dn", "-frames:v", "1",
            "-vf", $"scale='min({ThumbnailSteps.Largest},iw)':-2", "-threads", "1", "-c:v", "png", "-f", "image2pipe", "pipe:1",
        ];
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = false, UseShellExecute = false };
        if (OperatingSystem.IsWindows())
        {
            start.FileName = options.Value.Ffmpeg!;
        }
        else
        {
            // POSIX: -t seconds of processor time, -v KiB of memory, -f blocks of 512 bytes that it may write to a file.
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add($"ulimit -t {options.Value.FfmpegSeconds} && ulimit -v {options.Value.FfmpegMemoryBytes / 1024} && ulimit -f 0 && ulimit -c 0 && exec \"$@\"");
            start.ArgumentList.Add("sh");
            start.ArgumentList.Add(options.Value.Ffmpeg!);
        }
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // The server's settings are in its environment; ffmpeg gets none of it.
        start.Environment.Clear();
        return start;
    }

    /// <exception cref="InvalidDataException">There is more.</exception>
    private static async Task<byte[]> ReadAsync(Stream from, int most, CancellationToken ct)
    {
        using var all = new MemoryStream();
        var buffer = new byte[BufferBytes];
        while (await from.ReadAsync(buffer, ct) is > 0 and var read)
        {
            if (all.Length + read > most)
                throw new InvalidDataException();
            all.Write(buffer, 0, read);
        }
        return all.ToArray();
    }

    private static long? DurationIn(string words) => DurationLine().Match(words) is { Success: true } match
        && TimeSpan.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var duration) && duration > TimeSpan.Zero ? (long)duration.TotalMilliseconds : null;

    [GeneratedRegex(@"Duration: (\d\d:\d\d:\d\d\.\d+)")]
    private static partial Regex DurationLine();
}

using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Storage;

/// <summary>The temporary files of all parts on their way to S3, which have <c>Media:S3:MaxSpoolBytes</c> together.</summary>
internal sealed class S3Spools
{
    /// <summary>As much is taken of the room at a time: a slow upload holds little more than it has brought.</summary>
    private const long Step = 256 * 1024;

    private readonly string _folder;
    private readonly long _most;
    private readonly Counter<long> _refused;
    private long _taken;

    public S3Spools(IOptions<S3Options> options, IMeterFactory meters)
    {
        _folder = options.Value.SpoolFolder is { Length: > 0 } folder ? folder : Path.GetTempPath();
        _most = options.Value.MaxSpoolBytes;
        var meter = meters.Create("Chat");
        meter.CreateObservableGauge("chat.media.spooled", () => TakenBytes, "By", "Room that temporary files on their way to S3 have taken.");
        _refused = meter.CreateCounter<long>("chat.media.spool_refused", description: "Parts for S3 that were refused as Media:S3:MaxSpoolBytes was taken.");
    }

    public long TakenBytes => Interlocked.Read(ref _taken);

    /// <summary>An empty one. To be disposed.</summary>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    /// <exception cref="StoreFullException">Its disk has no room.</exception>
    public S3Spool Open()
    {
        try
        {
            Directory.CreateDirectory(_folder);
            return new S3Spool(this, Path.Combine(_folder, Path.GetRandomFileName()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Explain(e, "temporary files");
        }
    }

    /// <summary>Takes more room for a file that will have so many bytes.</summary>
    /// <returns>The room that the file has then.</returns>
    /// <exception cref="StoreUnavailableException">There is none.</exception>
    internal long Take(long taken, long bytes)
    {
        if (bytes <= taken)
            return taken;
        var room = (bytes + Step - 1) / Step * Step;
        if (Interlocked.Add(ref _taken, room - taken) <= _most)
            return room;
        GiveBack(room - taken);
        _refused.Add(1);
        throw new StoreUnavailableException("Too much is on its way to the bucket of the media: Media:S3:MaxSpoolBytes is taken.");
    }

    internal void GiveBack(long room) => Interlocked.Add(ref _taken, -room);
}

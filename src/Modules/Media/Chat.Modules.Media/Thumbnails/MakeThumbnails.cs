using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Jobs;
using Chat.Modules.Media.Catalogue;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>The job after an upload: makes the thumbnails before anybody asks.</summary>
internal sealed class MakeThumbnails(IMediaCatalogue catalogue, ThumbnailMaker maker) : IJob
{
    public const string JobName = "make-thumbnails";

    public string Name => JobName;

    public async Task RunAsync(string about, CancellationToken ct)
    {
        if (MediaId.TryParse(about, null, out var id) && await catalogue.FindAsync(id, ct) is { State: MediaState.Ready, HasThumbnail: true } row)
            await maker.MakeAsync(row, ct);
    }
}

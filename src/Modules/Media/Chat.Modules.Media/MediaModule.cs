using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Jobs;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Collecting;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Downloading;
using Chat.Modules.Media.Inspection.Pictures;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Moving;
using Chat.Modules.Media.Scanning;
using Chat.Modules.Media.Signing;
using Chat.Modules.Media.Storage;
using Chat.Modules.Media.Thumbnails;
using Chat.Modules.Media.Uploading;
using Chat.Modules.Media.Uploading.Tus;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media;

/// <summary>Pictures, voice, video and files: upload, download, thumbnails.</summary>
public sealed class MediaModule : IModule
{
    public void AddServices(IServiceCollection services, ModuleContext context) => services
        .AddModuleOptions<MediaOptions>("Media")
        .AddSingleton<MediaMetrics>()
        // Catalogue
        .AddSqliteTables("media", typeof(MediaModule).Assembly)
        .AddCqlTables("media", typeof(MediaModule).Assembly)
        .AddStore<IMediaCatalogue, SqliteMediaCatalogue, CqlMediaCatalogue>(context)
        .AddStore<IMediaUses, SqliteMediaUses, CqlMediaUses>(context)
        .AddStore<IResumableUploads, SqliteResumableUploads, CqlResumableUploads>(context)
        .AddSingleton<MediaRemover>()
        // Inspection
        .AddModuleOptions<PictureOptions>("Media")
        .AddSingleton<InspectionMetrics>()
        .AddSingleton<PictureDecoder>()
        .AddSingleton<InspectionTurns>()
        .AddSingleton<IMediaInspector, MediaInspector>()
        // Storage
        .AddMediaStore(context)
        // Thumbnails
        .AddModuleOptions<ThumbnailOptions>("Media")
        .AddSingleton<ThumbnailMetrics>()
        .AddSingleton<FfmpegPosters>()
        .AddSingleton<ThumbnailMaker>()
        .AddSingleton<IJob, MakeThumbnails>()
        // Scanning
        .AddModuleOptions<ScanningOptions>("Media")
        .AddSingleton<ScanningMetrics>()
        .AddSingleton<ClamAv>()
        .AddSingleton<AfterUpload>()
        .AddSingleton<IJob, ScanMedia>()
        // Attaching
        .AddSingleton<UsesInLog>()
        .AddSingleton<MediaAccess>()
        .AddSingleton<IMediaAttachments, MediaAttachments>()
        // Uploading
        .AddSingleton<UploadsUnderWay>()
        .AddSingleton<UploadFinisher>()
        .AddSingleton<Uploads>()
        .AddSingleton<UploadTurns>()
        .AddSingleton<TusUploads>()
        // Downloading
        .AddSingleton<MediaSender>()
        // Signing
        .AddModuleOptions<SigningOptions>("Media")
        .AddSingleton<SignedAddresses>()
        // Collecting
        .AddSingleton<CollectingMetrics>()
        .AddSingleton<MediaCollector>()
        .AddCommand<CollectMedia, int, CollectMediaHandler>();

    public void AddMove(IServiceCollection services) => services
        .AddSqliteTables("media", typeof(MediaModule).Assembly)
        .AddCqlTables("media", typeof(MediaModule).Assembly)
        .AddMovedTable<MovedFiles>()
        .AddMovedTable<MovedKeys>()
        .AddMovedTable<MovedContent>()
        .AddMovedTable<MovedUsage>()
        .AddMovedTable<MovedDue>()
        .AddMovedTable<MovedDueFrom>()
        .AddMovedTable<MovedUses>()
        .AddMovedTable<MovedUploads>();

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        // Made now, so that a folder that cannot be used ends the start.
        routes.ServiceProvider.GetRequiredService<IMediaStore>();
        // Made now, as an alert names its count.
        routes.ServiceProvider.GetRequiredService<ScanningMetrics>();
        routes.ServiceProvider.GetRequiredService<MediaMetrics>();
        var transfer = new FileTransfer(routes.ServiceProvider.GetRequiredService<IOptions<MediaOptions>>().Value.MinBytesPerSecond);
        routes.MapUpload(transfer);
        routes.MapTus(transfer);
        routes.MapMedia(transfer);
        routes.MapThumbnails();
        routes.MapSigned(transfer);
    }
}

using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Storage;

/// <summary>The store of the files' bytes: a bucket where one is set, else a folder.</summary>
internal static class StoreRegistration
{
    public static IServiceCollection AddMediaStore(this IServiceCollection services, ModuleContext context)
    {
        services.AddModuleOptions<S3Options>("Media:S3");
        var hasBucket = !string.IsNullOrWhiteSpace(context.Configuration["Media:S3:Bucket"]);
        services.AddOptions<MediaOptions>()
            .Validate(
                media => hasBucket || media.Folder is { Length: > 0 } || !context.UsesCql(),
                "Media:S3:Bucket or Media:Folder must be set with Cql:ContactPoints: servers with one database must have one store of media. Set the bucket, or a "
                + "folder that all servers share.")
            .Validate(media => !hasBucket || media.Folder is not { Length: > 0 }, "Media:Folder and Media:S3:Bucket are both set: leave one out.");
        if (hasBucket)
            return services
                .AddSingleton<S3Spools>().AddSingleton<S3Bucket>().AddHostedService(provider => provider.GetRequiredService<S3Bucket>())
                .AddSingleton<IMediaStore, S3MediaStore>();
        services.AddSingleton(OpenFolder).AddSingleton<IMediaStore>(provider => provider.GetRequiredService<FolderMediaStore>());
        if (!context.UsesCql() && context.Configuration.GetValue($"Media:{nameof(MediaOptions.BackUp)}", true))
            services.AddSingleton<IBackedUp>(provider => new FolderMediaBackup(provider.GetRequiredService<FolderMediaStore>().Root));
        return services;
    }

    private static FolderMediaStore OpenFolder(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<MediaOptions>>().Value;
        var folder = options.Folder is { Length: > 0 } set
            ? set
            : provider.GetRequiredService<DataDirectory>().PathOf("media");
        try
        {
            return new FolderMediaStore(folder, options.MinFreeBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The folder of the media '{folder}' cannot be used: {e.Message} Set Media:Folder to a folder this user may write.", e);
        }
    }
}

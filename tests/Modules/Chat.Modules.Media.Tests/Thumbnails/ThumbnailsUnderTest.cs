using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Storage;
using Chat.Modules.Media.Tests.Inspection;
using Chat.Modules.Media.Thumbnails;
using Chat.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests.Thumbnails;

/// <summary>The maker on a real catalogue and a real folder.</summary>
internal sealed class ThumbnailsUnderTest : IDisposable
{
    private readonly TemporaryStores _stores = new("media", typeof(SqliteMediaCatalogue).Assembly);
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-media-").FullName;
    private readonly InspectorUnderTest _inspector;
    private readonly FfmpegPosters _posters;
    private readonly Lifetime _lifetime = new();

    public ThumbnailsUnderTest(ThumbnailOptions? options = null, PictureOptions? pictures = null)
    {
        var set = Options.Create(options ?? new ThumbnailOptions());
        _inspector = new InspectorUnderTest(pictures);
        (Store, Written) = Writes.Around(new FolderMediaStore(_folder));
        Catalogue = new SqliteMediaCatalogue(_stores.Database);
        _posters = new FfmpegPosters(set, TimeProvider.System, NullLogger<FfmpegPosters>.Instance);
        Maker = new ThumbnailMaker(
            Store, Catalogue, _inspector.Decoder, new InspectionTurns(), _posters, new ThumbnailMetrics(_stores.Meters), set, _lifetime, NullLogger<ThumbnailMaker>.Instance);
    }

    public IMediaStore Store { get; }

    public Writes Written { get; }

    public IMediaCatalogue Catalogue { get; }

    public ThumbnailMaker Maker { get; }

    /// <summary>A file as an upload leaves it.</summary>
    public async Task<MediaRow> AddAsync(byte[] bytes)
    {
        var (ct, now) = (TestContext.Current.CancellationToken, TimeProvider.System.GetUtcNow());
        var id = MediaId.New(now);
        var told = await _inspector.InspectAsync(bytes);
        var row = new MediaRow
        {
            Id = id, Uploader = UserId.Parse("alice"), State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), CreatedAt = now, KeepUntil = now.AddDays(1), Size = bytes.Length,
            ContentType = told.ContentType, Width = told.Width, Height = told.Height, DurationMs = told.DurationMs, HasThumbnail = told.CanHaveThumbnail || told.ContentType.StartsWith("video/", StringComparison.Ordinal),
        };
        Assert.True(await Catalogue.TryBeginAsync(row, bytes.Length, long.MaxValue, ct));
        await Store.WriteAsync(row.OwnKey, new MemoryStream(bytes), ct);
        var hash = System.Security.Cryptography.SHA256.HashData(bytes);
        row = row with { State = MediaState.Ready, Hash = hash, BlobKey = (await ReferAsync(row, hash, ct))! };
        return (await Catalogue.FinishAsync(row, ct))!;
    }

    public async Task<byte[]?> ReadAsync(MediaRow row, int width)
    {
        var opened = await Maker.OpenAsync(row, width, TestContext.Current.CancellationToken);
        Assert.Null(opened.Error);
        if (opened.Value is not { } stream)
            return null;
        await using (stream)
        {
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
            return bytes.ToArray();
        }
    }

    public int Files => Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length;

    public void Dispose()
    {
        _inspector.Dispose();
        _posters.Dispose();
        _lifetime.Dispose();
        _stores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<string?> ReferAsync(MediaRow row, byte[] hash, CancellationToken ct) => Catalogue.ReferAsync(row.Id, hash, row.OwnKey, ct);

    /// <summary>Counts what is written, and waits before it, where it is told to.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    internal class Writes : DispatchProxy
    {
        private IMediaStore _store = null!;
        private int _count;

        public int Count => _count;

        public Task Before { get; set; } = Task.CompletedTask;

        public static (IMediaStore Store, Writes Writes) Around(IMediaStore store)
        {
            var proxy = Create<IMediaStore, Writes>();
            ((Writes)(object)proxy)._store = store;
            return (proxy, (Writes)(object)proxy);
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IMediaStore.WriteAsync) ? WriteAsync((string)args![0]!, (Stream)args[1]!, (CancellationToken)args[2]!) : targetMethod.Invoke(_store, args);

        private async Task WriteAsync(string key, Stream content, CancellationToken ct)
        {
            Interlocked.Increment(ref _count);
            await Before;
            await _store.WriteAsync(key, content, ct);
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}

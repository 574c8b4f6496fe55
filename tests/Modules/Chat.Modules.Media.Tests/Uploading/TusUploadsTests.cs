using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Tests.Inspection;
using Chat.Modules.Media.Uploading;
using Chat.Modules.Media.Uploading.Tus;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Uploading;

public sealed class TusUploadsTests : IDisposable
{
    private readonly MediaWorld _world = new();
    private readonly InspectorUnderTest _inspector = new();

    public void Dispose()
    {
        _inspector.Dispose();
        _world.Dispose();
    }

    // A client whose request broke off asks, while the server ends it with all the bytes.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_that_is_finished_while_it_is_asked_for_is_found(bool isSeenBefore)
    {
        var id = MediaId.New(Start);
        var row = new MediaRow
        {
            Id = id, Uploader = Alice, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), Size = 3, CreatedAt = Start, KeepUntil = Start + Options.Value.OrphanAfter,
        };
        await _world.Catalogue.TryBeginAsync(row, 3, long.MaxValue, Ct);
        await _world.Bytes.WriteAsync(row.OwnKey, new MemoryStream([1, 2, 3]), Ct);
        var finisher = new UploadFinisher(
            _world.Catalogue, _world.Bytes, _inspector.Inspector, new InspectionTurns(), _world.Remover, NoJobs.AfterUpload(_world.Catalogue, _world.Clock), Options, _world.Clock);
        var resumable = new FinishedWhenAsked(isSeenBefore ? new ResumableUpload(id, Alice, 3, 3, null) : null, () => finisher.FinishAsync(row, hash: null, Ct));
        var metrics = new MediaMetrics(new TestMeters());
        var uploads = new TusUploads(
            _world.Catalogue, resumable, _world.Bytes, finisher, _world.Remover, new UploadsUnderWay(Options, metrics),
            new UploadTurns(_world.Clock), metrics, Options, _world.Clock, NullLogger<TusUploads>.Instance);

        var found = await uploads.FindAsync(Alice, id, Ct);

        Assert.Null(found.Error);
        Assert.True(found.Value.IsFinished);
    }

    /// <summary>Another request finishes the upload, and removes it here, just before it is looked for; or after it was seen once, with all its bytes.</summary>
    private sealed class FinishedWhenAsked(ResumableUpload? seen, Func<Task> finish) : IResumableUploads
    {
        private ResumableUpload? _seen = seen;

        public async Task<ResumableUpload?> FindAsync(UserId uploader, MediaId id, CancellationToken ct)
        {
            if (_seen is { } upload)
            {
                _seen = null;
                return upload;
            }
            await finish();
            return null;
        }

        public Task AddAsync(ResumableUpload upload, CancellationToken ct) => throw new NotSupportedException();

        public Task<int> CountAsync(UserId uploader, int most, CancellationToken ct) => throw new NotSupportedException();

        public Task<bool> TryHoldAsync(UserId uploader, MediaId id, Guid holder, DateTimeOffset until, CancellationToken ct) => throw new NotSupportedException();

        public Task<bool> TryMoveAsync(ResumableUpload moved, Guid holder, DateTimeOffset until, CancellationToken ct) => throw new NotSupportedException();

        public Task ReleaseAsync(UserId uploader, MediaId id, Guid holder, CancellationToken ct) => throw new NotSupportedException();

        public Task RemoveAsync(UserId uploader, MediaId id, CancellationToken ct) => throw new NotSupportedException();
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Tests.Inspection;
using Chat.Modules.Media.Uploading;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Uploading;

public sealed class UploadFinisherTests : IDisposable
{
    private readonly MediaWorld _world = new();
    private readonly InspectorUnderTest _inspector = new();
    private readonly UploadFinisher _finisher;

    public UploadFinisherTests() => _finisher = new UploadFinisher(
        _world.Catalogue, _world.Bytes, _inspector.Inspector, _world.Remover, NoJobs.AfterUpload(_world.Catalogue, _world.Clock), Options, _world.Clock);

    public void Dispose()
    {
        _inspector.Dispose();
        _world.Dispose();
    }

    [Fact]
    public async Task Of_two_uploads_with_one_key_at_once_the_later_leaves_nothing()
    {
        var (first, second) = (await StoredAsync([1, 2, 3], "key"), await StoredAsync([4, 5, 6, 7], "key"));

        var answer = await FinishAsync(first);
        Assert.Equal(answer.Id, (await FinishAsync(second)).Id);

        Assert.Equal(3, await _world.Catalogue.UsageAsync(Alice, Ct));
        Assert.Null(await _world.Catalogue.FindAsync(second.Id, Ct));
        Assert.Equal([first.OwnKey], _world.Bytes.Keys);
    }

    // As when its server stood still for longer than the upload was held, and the client went on at another.
    [Fact]
    public async Task An_upload_that_another_request_has_finished_meanwhile_stays()
    {
        var upload = await StoredAsync([1, 2, 3]);
        var file = await FinishAsync(upload);

        var again = await FinishAsync(upload);

        Assert.Equal((file.Id, file.Size, file.BlobKey), (again.Id, again.Size, again.BlobKey));
        Assert.Equal(MediaState.Ready, (await _world.Catalogue.FindAsync(upload.Id, Ct))?.State);
        Assert.Equal<byte[]>([1, 2, 3], _world.Bytes.Find(file.BlobKey)!);
        Assert.Equal(3, await _world.Catalogue.UsageAsync(Alice, Ct));
    }

    // As after a backup was restored that has the catalogue of later than the bytes.
    [Fact]
    public async Task Bytes_that_the_store_has_lost_come_back_with_the_next_upload_of_them()
    {
        var first = await FinishAsync(await StoredAsync([1, 2, 3]));
        await _world.Bytes.DeleteAsync(first.BlobKey, Ct);

        var second = await FinishAsync(await StoredAsync([1, 2, 3]));

        Assert.Equal<byte[]>([1, 2, 3], _world.Bytes.Find(second.BlobKey)!);
        Assert.Equal<byte[]>([1, 2, 3], _world.Bytes.Find(first.BlobKey)!);
        Assert.Single(_world.Bytes.Keys);
    }

    private async Task<MediaRow> StoredAsync(byte[] bytes, string? key = null)
    {
        var id = MediaId.New(Start);
        var row = new MediaRow
        {
            Id = id, Uploader = Alice, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), Size = bytes.Length, IdempotencyKey = key,
            CreatedAt = Start, KeepUntil = Start + Options.Value.OrphanAfter,
        };
        await _world.Catalogue.TryBeginAsync(row, bytes.Length, long.MaxValue, Ct);
        await _world.Bytes.WriteAsync(row.OwnKey, new MemoryStream(bytes), Ct);
        // A finished file is kept until another time than its upload was.
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        return row;
    }

    private async Task<MediaRow> FinishAsync(MediaRow upload)
    {
        var finished = await _finisher.FinishAsync(upload, hash: null, Ct);
        Assert.Null(finished.Error);
        return finished.Value;
    }
}

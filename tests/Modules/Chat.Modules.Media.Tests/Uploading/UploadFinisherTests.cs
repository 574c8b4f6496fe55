using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Tests.Inspection;
using Chat.Modules.Media.Uploading;
using Chat.Testing;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Uploading;

public sealed class UploadFinisherTests : IDisposable
{
    private readonly MediaWorld _world = new();
    private readonly InspectorUnderTest _inspector = new();
    private readonly UploadFinisher _finisher;

    public UploadFinisherTests() => _finisher = Finisher(_inspector.Inspector);

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

    // What one picture takes may be a second: with all of a user's at once everybody else would wait for them.
    [Fact]
    public async Task One_file_of_a_user_is_looked_into_at_a_time_and_others_do_not_wait_for_the_rest()
    {
        var slow = new SlowInspector();
        var finisher = Finisher(slow);
        var (first, second, third) = (await StoredAsync([1]), await StoredAsync([2]), await StoredAsync([3], uploader: Bob));

        var all = new[] { first, second, third }.Select(upload => finisher.FinishAsync(upload, hash: null, Ct)).ToList();
        await Wait.UntilAsync(() => slow.Files.Contains(3), "bob's file is looked into");

        Assert.Equal([1, 3], slow.Files);
        slow.GoOn.SetResult();
        Assert.All(await Task.WhenAll(all), finished => Assert.Null(finished.Error));
        Assert.Equal([1, 2, 3], slow.Files.Order());
    }

    private async Task<MediaRow> StoredAsync(byte[] bytes, string? key = null, UserId? uploader = null)
    {
        var id = MediaId.New(Start);
        var row = new MediaRow
        {
            Id = id, Uploader = uploader ?? Alice, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), Size = bytes.Length, IdempotencyKey = key,
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

    private UploadFinisher Finisher(IMediaInspector inspector) => new(
        _world.Catalogue, _world.Bytes, inspector, new InspectionTurns(), _world.Remover, NoJobs.AfterUpload(_world.Catalogue, _world.Clock), Options, _world.Clock);

    private sealed class SlowInspector : IMediaInspector
    {
        /// <summary>Their first bytes.</summary>
        public ConcurrentQueue<int> Files { get; } = [];

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<Inspected> InspectAsync(Stream file, CancellationToken ct)
        {
            Files.Enqueue(file.ReadByte());
            await GoOn.Task.WaitAsync(ct);
            return new Inspected(Inspected.PlainFile);
        }
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Jobs;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Scanning;
using Chat.Modules.Media.Storage;
using Chat.Modules.Media.Thumbnails;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Media.Tests.Scanning;

/// <summary>A file's way from its upload through the scan, whatever fails.</summary>
public sealed class ScanMediaTests : IDisposable
{
    private readonly TemporaryStores _stores = new("media", typeof(SqliteMediaCatalogue).Assembly);
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-media-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly RecordedJobs _jobs = new();
    private readonly SqliteMediaCatalogue _catalogue;
    private readonly FolderMediaStore _store;
    private readonly AfterUpload _after;
    private readonly ScanMedia _scan;

    public ScanMediaTests()
    {
        // Nobody listens there.
        var options = Options.Create(new ScanningOptions { ClamAv = "127.0.0.1:1" });
        _catalogue = new SqliteMediaCatalogue(_stores.Database);
        _store = new FolderMediaStore(_folder);
        _after = new AfterUpload(_catalogue, _jobs, Options.Create(new ThumbnailOptions()), options, _clock);
        _scan = new ScanMedia(_catalogue, _store, new ClamAv(options, _clock), _after, new ScanningMetrics(_stores.Meters), options, NullLogger<ScanMedia>.Instance);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_finished_upload_waits_for_its_scan_which_is_noted_before()
    {
        var row = await UploadAsync();

        Assert.Equal(MediaState.Scanning, row.State);
        Assert.Equal([("scan-media", row.Id.ToString(), TimeSpan.Zero)], _jobs.Taken);
        _clock.Advance(TimeSpan.FromMinutes(5.1));
        Assert.Contains(await _catalogue.GetDueAsync(_clock.GetUtcNow(), 10, Ct), due => due.Kind == AfterUpload.ScanDue && due.Id == row.Id.ToString());
    }

    [Fact]
    public async Task While_clamd_is_away_a_file_waits_and_is_tried_again()
    {
        var row = await UploadAsync();
        _jobs.Taken.Clear();

        await _scan.RunAsync(row.Id.ToString(), Ct);

        Assert.Equal(MediaState.Scanning, (await _catalogue.FindAsync(row.Id, Ct))?.State);
        Assert.Equal([("scan-media", row.Id.ToString(), TimeSpan.FromSeconds(30))], _jobs.Taken);
    }

    [Fact]
    public async Task A_job_that_was_lost_is_put_off_again_until_the_scan_has_answered()
    {
        var row = await UploadAsync();
        _jobs.Taken.Clear();

        await _after.ResumeAsync(row.Id, Ct);

        Assert.Equal([("scan-media", row.Id.ToString(), TimeSpan.Zero)], _jobs.Taken);
        _jobs.Taken.Clear();
        await _catalogue.DescribeAsync(row with { State = MediaState.Ready }, Ct);
        await _after.ResumeAsync(row.Id, Ct);
        Assert.Empty(_jobs.Taken);
    }

    public void Dispose()
    {
        _stores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<MediaRow> UploadAsync()
    {
        var now = _clock.GetUtcNow();
        var id = MediaId.New(now);
        var begun = new MediaRow
        {
            Id = id, Uploader = UserId.Parse("alice"), State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), CreatedAt = now, KeepUntil = now.AddDays(1), Size = 3,
        };
        Assert.True(await _catalogue.TryBeginAsync(begun, 3, 100, Ct));
        await _store.WriteAsync(begun.OwnKey, new MemoryStream([1, 2, 3]), Ct);
        var hash = System.Security.Cryptography.SHA256.HashData(id.Value.ToByteArray());
        var ready = begun with { State = MediaState.Ready, Hash = hash, BlobKey = (await _catalogue.ReferAsync(id, hash, begun.OwnKey, Ct))! };
        var finished = (await _catalogue.FinishAsync(await _after.PrepareAsync(ready, Ct), Ct))!;
        await _after.ContinueAsync(finished, Ct);
        return finished;
    }

    private sealed class RecordedJobs : IJobs
    {
        public List<(string Job, string About, TimeSpan Delay)> Taken { get; } = [];

        public Task<bool> TryEnqueueAsync(string job, string about, TimeSpan delay, CancellationToken ct)
        {
            Taken.Add((job, about, delay));
            return Task.FromResult(true);
        }
    }
}

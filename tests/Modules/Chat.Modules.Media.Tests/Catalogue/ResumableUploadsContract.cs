using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Media.Tests.Catalogue;

/// <summary>What every store of resumable uploads promises.</summary>
public abstract class ResumableUploadsContract
{
    private static readonly UserId Alice = UserId.Parse("alice");
    private static readonly Guid One = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Other = new("00000000-0000-0000-0000-000000000002");

    protected FakeTimeProvider Clock { get; } = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private DateTimeOffset Soon => Clock.GetUtcNow().AddSeconds(20);

    private protected abstract IResumableUploads Uploads { get; }

    [Fact]
    public async Task An_upload_moves_on_while_it_is_held()
    {
        var upload = await AddAsync();
        Assert.Equal(upload, await Uploads.FindAsync(Alice, upload.Id, Ct));
        Assert.Null(await Uploads.FindAsync(UserId.Parse("bob"), upload.Id, Ct));

        Assert.True(await Uploads.TryHoldAsync(Alice, upload.Id, One, Soon, Ct));
        Assert.True(await Uploads.TryMoveAsync(upload with { Offset = 40, State = "state" }, One, Soon, Ct));

        Assert.Equal(upload with { Offset = 40, State = "state" }, await Uploads.FindAsync(Alice, upload.Id, Ct));
    }

    [Fact]
    public async Task One_at_a_time_holds_it_until_it_lets_go_or_its_time_is_over()
    {
        var upload = await AddAsync();
        Assert.True(await Uploads.TryHoldAsync(Alice, upload.Id, One, Soon, Ct));
        Assert.True(await Uploads.TryHoldAsync(Alice, upload.Id, One, Soon, Ct));
        Assert.False(await Uploads.TryHoldAsync(Alice, upload.Id, Other, Soon, Ct));
        Assert.False(await Uploads.TryMoveAsync(upload with { Offset = 1 }, Other, Soon, Ct));

        await Uploads.ReleaseAsync(Alice, upload.Id, Other, Ct);
        Assert.False(await Uploads.TryHoldAsync(Alice, upload.Id, Other, Soon, Ct));
        await Uploads.ReleaseAsync(Alice, upload.Id, One, Ct);
        Assert.True(await Uploads.TryHoldAsync(Alice, upload.Id, Other, Soon, Ct));
        Clock.Advance(TimeSpan.FromSeconds(21));
        Assert.True(await Uploads.TryHoldAsync(Alice, upload.Id, One, Soon, Ct));

        Assert.False(await Uploads.TryMoveAsync(upload with { Offset = 1 }, Other, Soon, Ct));
        Assert.Equal(0, (await Uploads.FindAsync(Alice, upload.Id, Ct))!.Offset);
    }

    [Fact]
    public async Task Of_many_who_want_it_at_once_one_gets_it()
    {
        var upload = await AddAsync();

        var held = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Uploads.TryHoldAsync(Alice, upload.Id, new Guid(i, 0, 0, new byte[8]), Soon, Ct)));

        Assert.Single(held, true);
    }

    [Fact]
    public async Task One_that_was_removed_does_not_come_back()
    {
        var upload = await AddAsync();
        var second = await AddAsync();
        Assert.Equal(2, await Uploads.CountAsync(Alice, 10, Ct));
        Assert.Equal(1, await Uploads.CountAsync(Alice, 1, Ct));
        Assert.True(await Uploads.TryHoldAsync(Alice, upload.Id, One, Soon, Ct));

        await Uploads.RemoveAsync(Alice, upload.Id, Ct);
        await Uploads.RemoveAsync(Alice, upload.Id, Ct);

        Assert.False(await Uploads.TryMoveAsync(upload with { Offset = 1 }, One, Soon, Ct));
        Assert.False(await Uploads.TryHoldAsync(Alice, upload.Id, One, Soon, Ct));
        await Uploads.ReleaseAsync(Alice, upload.Id, One, Ct);
        Assert.Null(await Uploads.FindAsync(Alice, upload.Id, Ct));
        Assert.Equal(1, await Uploads.CountAsync(Alice, 10, Ct));
        Assert.NotNull(await Uploads.FindAsync(Alice, second.Id, Ct));
    }

    private async Task<ResumableUpload> AddAsync()
    {
        var upload = new ResumableUpload(MediaId.New(Clock.GetUtcNow()), Alice, 100, 0, null);
        await Uploads.AddAsync(upload, Ct);
        return upload;
    }
}

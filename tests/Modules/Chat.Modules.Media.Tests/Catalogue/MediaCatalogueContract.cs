using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;

namespace Chat.Modules.Media.Tests.Catalogue;

/// <summary>What every catalogue promises.</summary>
public abstract class MediaCatalogueContract
{
    private const long Quota = 1_000;

    private static readonly UserId Alice = UserId.Parse("alice");
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly byte[] Hash = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    protected static DateTimeOffset Start => Now;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IMediaCatalogue Catalogue { get; }

    [Fact]
    public async Task A_finished_file_is_found_with_all_that_is_said_of_it()
    {
        var begun = await BeginAsync(10);
        Assert.Equal(begun, await Catalogue.FindAsync(begun.Id, Ct));
        Assert.Equal(begun.OwnKey, await Catalogue.ReferAsync(begun.Id, Hash, begun.OwnKey, Ct));
        var finished = begun with
        {
            State = MediaState.Ready, Hash = Hash, Size = 10, ContentType = "video/mp4", Name = "Ä ö.mp4", Width = 640, Height = 480, DurationMs = 1_234,
            Blurhash = "LEHV6nWB2yk8", HasThumbnail = true, KeepUntil = Now.AddDays(2),
        };

        Assert.Equal(finished, await Catalogue.FinishAsync(finished, Ct));

        AssertSame(finished, await Catalogue.FindAsync(begun.Id, Ct));
        Assert.Null(await Catalogue.FindAsync(MediaId.New(Now), Ct));
        Assert.True(await Catalogue.DescribeAsync(finished with { State = MediaState.Quarantined, DurationMs = 1 }, Ct));
        AssertSame(finished with { State = MediaState.Quarantined, DurationMs = 1 }, await Catalogue.FindAsync(begun.Id, Ct));
    }

    [Fact]
    public async Task Files_take_of_the_quota_until_they_are_removed()
    {
        var first = await FinishedAsync(600, Hash);
        Assert.False(await Catalogue.TryBeginAsync(Row(), 401, Quota, Ct));
        var second = await BeginAsync(400);
        Assert.Equal(1_000, await Catalogue.UsageAsync(Alice, Ct));

        Assert.False(await Catalogue.TryReserveAsync(Alice, second.Id, 401, Quota, Ct));
        Assert.True(await Catalogue.TryReserveAsync(Alice, second.Id, 100, Quota, Ct));
        Assert.Equal(700, await Catalogue.UsageAsync(Alice, Ct));
        await RemoveAsync(first);
        await Catalogue.ForgetAsync(first, Ct);

        Assert.Equal(100, await Catalogue.UsageAsync(Alice, Ct));
        Assert.Equal(0, await Catalogue.UsageAsync(UserId.Parse("bob"), Ct));
        Assert.Null(await Catalogue.FindAsync(first.Id, Ct));
    }

    [Fact]
    public async Task Of_many_who_take_the_rest_of_the_quota_at_once_as_many_get_it_as_it_has_room_for()
    {
        var begun = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Catalogue.TryBeginAsync(Row(), 300, Quota, Ct)));

        Assert.Equal(3, begun.Count(taken => taken));
        Assert.Equal(900, await Catalogue.UsageAsync(Alice, Ct));
    }

    [Fact]
    public async Task A_quota_that_became_smaller_lets_nobody_have_more_but_anybody_less()
    {
        var file = await BeginAsync(500);

        Assert.True(await Catalogue.TryReserveAsync(Alice, file.Id, 400, quota: 10, Ct));
        Assert.False(await Catalogue.TryReserveAsync(Alice, file.Id, 401, quota: 10, Ct));
    }

    [Fact]
    public async Task An_idempotency_key_leads_to_its_first_finished_upload()
    {
        var unfinished = await BeginAsync(1, "key");
        Assert.Null(await Catalogue.FindByKeyAsync(Alice, "key", Ct));
        var first = await FinishedAsync(1, Hash, "key");
        Assert.Equal(first.Id, (await Catalogue.FindByKeyAsync(Alice, "key", Ct))?.Id);
        Assert.Null(await Catalogue.FindByKeyAsync(UserId.Parse("bob"), "key", Ct));

        await Catalogue.ReferAsync(unfinished.Id, Hash, unfinished.OwnKey, Ct);
        var second = await Catalogue.FinishAsync(unfinished with { State = MediaState.Ready, Hash = Hash, BlobKey = first.BlobKey }, Ct);

        Assert.Equal(first.Id, second?.Id);
        Assert.Equal(first.Id, (await Catalogue.FinishAsync(first, Ct))?.Id);
    }

    [Fact]
    public async Task Of_uploads_with_one_key_at_once_one_is_the_answer_of_all()
    {
        var begun = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => BeginAsync(1, "key")));

        var answers = await Task.WhenAll(begun.Select(async row =>
        {
            var key = await Catalogue.ReferAsync(row.Id, Hash, row.OwnKey, Ct);
            return await Catalogue.FinishAsync(row with { State = MediaState.Ready, Hash = Hash, BlobKey = key! }, Ct);
        }));

        Assert.Single(answers.Select(answer => answer!.Id).Distinct());
        Assert.Equal(answers[0]!.Id, (await Catalogue.FindByKeyAsync(Alice, "key", Ct))?.Id);
    }

    [Fact]
    public async Task The_key_of_a_removed_file_is_free_again()
    {
        var first = await FinishedAsync(1, Hash, "key");
        await RemoveAsync(first);
        Assert.Null(await Catalogue.FindByKeyAsync(Alice, "key", Ct));

        var second = await FinishedAsync(1, Hash, "key");
        await Catalogue.ForgetAsync(first, Ct);

        Assert.Equal(second.Id, (await Catalogue.FindByKeyAsync(Alice, "key", Ct))?.Id);
    }

    [Fact]
    public async Task Equal_bytes_are_stored_once_and_freed_with_the_last_file_that_has_them()
    {
        var first = await FinishedAsync(1, Hash);
        var second = await FinishedAsync(1, Hash);
        Assert.Equal(first.OwnKey, second.BlobKey);

        await Catalogue.DropReferenceAsync(Hash, first.Id, Ct);
        Assert.False(await Catalogue.TryFreeAsync(Hash, first.OwnKey, Ct));
        Assert.True(await Catalogue.TryFreeAsync(Hash, second.OwnKey, Ct));
        Assert.Equal(first.OwnKey, (await FinishedAsync(1, Hash)).BlobKey);
        var third = await FinishedAsync(1, [.. Hash.Reverse()]);
        Assert.Equal(third.OwnKey, third.BlobKey);
    }

    [Fact]
    public async Task Freed_bytes_are_never_referred_to_again()
    {
        var first = await FinishedAsync(1, Hash);
        await Catalogue.DropReferenceAsync(Hash, first.Id, Ct);
        Assert.True(await Catalogue.TryFreeAsync(Hash, first.OwnKey, Ct));

        var second = await FinishedAsync(1, Hash);

        Assert.Equal(second.OwnKey, second.BlobKey);
        Assert.True(await Catalogue.TryFreeAsync(Hash, first.OwnKey, Ct));
        Assert.False(await Catalogue.TryFreeAsync(Hash, second.OwnKey, Ct));
    }

    [Fact]
    public async Task Uploads_and_frees_at_once_never_free_what_is_referred_to()
    {
        for (var round = 0; round < 3; round++)
        {
            byte[] hash = [.. Enumerable.Repeat((byte)round, 32)];
            var first = await FinishedAsync(1, hash);

            var freeing = FreeAsync(first, hash);
            var uploads = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => FinishedAsync(1, hash)));
            var freed = await freeing;

            if (freed)
                Assert.DoesNotContain(uploads, upload => upload.BlobKey == first.OwnKey);
            Assert.All(await Task.WhenAll(uploads.Select(upload => Catalogue.TryFreeAsync(hash, upload.BlobKey, Ct))), Assert.False);
        }
    }

    [Fact]
    public async Task A_file_that_is_kept_is_not_removed_and_one_that_is_removed_is_not_kept()
    {
        var file = await FinishedAsync(1, Hash);
        Assert.True(await Catalogue.KeepAsync(file.Id, file.KeepUntil.AddHours(1), Ct));
        Assert.False(await Catalogue.TryBeginRemovalAsync(file, Now, Ct));
        var once = (await Catalogue.FindAsync(file.Id, Ct))!;
        Assert.True(await Catalogue.KeepAsync(file.Id, file.KeepUntil, Ct));
        Assert.False(await Catalogue.TryBeginRemovalAsync(once, Now, Ct));
        var kept = (await Catalogue.FindAsync(file.Id, Ct))!;
        Assert.InRange(kept.KeepUntil, file.KeepUntil.AddHours(1), file.KeepUntil.AddHours(1).AddMilliseconds(1));

        await RemoveAsync(kept);

        Assert.False(await Catalogue.KeepAsync(file.Id, file.KeepUntil.AddHours(2), Ct));
        Assert.False(await Catalogue.DescribeAsync(kept, Ct));
        Assert.False(await Catalogue.TryBeginRemovalAsync(kept, Now, Ct));
        Assert.Equal(MediaState.Removed, (await Catalogue.FindAsync(file.Id, Ct))?.State);
    }

    // As many messages may take it within a millisecond, or a clock may have been put back.
    [Fact]
    public async Task A_file_is_due_when_the_last_that_kept_it_lets_it_go()
    {
        var file = await FinishedAsync(1, Hash);
        for (var i = 0; i < 3; i++)
            Assert.True(await Catalogue.KeepAsync(file.Id, file.KeepUntil.AddHours(-1), Ct));

        var kept = (await Catalogue.FindAsync(file.Id, Ct))!;

        Assert.Contains(new DueEntry(kept.KeepUntil, DueEntry.Medium, file.Id.ToString()), await Catalogue.GetDueAsync(kept.KeepUntil.AddHours(1), 100, Ct));
    }

    [Fact]
    public async Task An_upload_that_was_removed_is_not_finished()
    {
        var begun = await BeginAsync(1, "key");
        await RemoveAsync(begun);

        Assert.Null(await Catalogue.ReferAsync(begun.Id, Hash, begun.OwnKey, Ct));
        Assert.Null(await Catalogue.FinishAsync(begun with { State = MediaState.Ready, Hash = Hash }, Ct));
        Assert.Null(await Catalogue.FindByKeyAsync(Alice, "key", Ct));
        Assert.Equal(MediaState.Removed, (await Catalogue.FindAsync(begun.Id, Ct))?.State);
    }

    [Fact]
    public async Task What_is_due_comes_oldest_first_until_it_was_looked_at()
    {
        var file = await FinishedAsync(1, Hash);
        await Catalogue.AddDueAsync(new DueEntry(Now.AddMinutes(1), "other", "b"), Ct);
        await Catalogue.AddDueAsync(new DueEntry(Now.AddMinutes(1), "other", "b"), Ct);
        await Catalogue.AddDueAsync(new DueEntry(Now, "other", "a"), Ct);

        Assert.Equal(["a", "b"], (await Catalogue.GetDueAsync(Now.AddHours(1), 10, Ct)).Select(due => due.Id));
        Assert.Equal(["a"], (await Catalogue.GetDueAsync(Now.AddHours(1), 1, Ct)).Select(due => due.Id));
        await Catalogue.DropDueAsync(new DueEntry(Now, "other", "a"), Ct);

        Assert.Equal(["b"], (await Catalogue.GetDueAsync(Now.AddHours(1), 10, Ct)).Select(due => due.Id));
        Assert.Contains(new DueEntry(file.KeepUntil, DueEntry.Medium, file.Id.ToString()), await Catalogue.GetDueAsync(file.KeepUntil.AddHours(1), 10, Ct));
    }

    private static MediaRow Row(string? key = null)
    {
        var id = MediaId.New(Now);
        return new MediaRow
        {
            Id = id, Uploader = Alice, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), IdempotencyKey = key, CreatedAt = Now, KeepUntil = Now.AddDays(1),
        };
    }

    private async Task<MediaRow> BeginAsync(long bytes, string? key = null)
    {
        var row = Row(key);
        Assert.True(await Catalogue.TryBeginAsync(row, bytes, Quota, Ct));
        return row;
    }

    private async Task<MediaRow> FinishedAsync(long bytes, byte[] hash, string? key = null)
    {
        var row = await BeginAsync(bytes, key);
        var blobKey = await Catalogue.ReferAsync(row.Id, hash, row.OwnKey, Ct);
        var finished = row with { State = MediaState.Ready, Hash = hash, BlobKey = blobKey!, Size = bytes };
        Assert.Equal(finished, await Catalogue.FinishAsync(finished, Ct));
        return finished;
    }

    private async Task RemoveAsync(MediaRow seen) => Assert.True(await Catalogue.TryBeginRemovalAsync(seen, Now, Ct));

    private async Task<bool> FreeAsync(MediaRow row, byte[] hash)
    {
        await Catalogue.DropReferenceAsync(hash, row.Id, Ct);
        return await Catalogue.TryFreeAsync(hash, row.OwnKey, Ct);
    }

    private static void AssertSame(MediaRow expected, MediaRow? found)
    {
        Assert.Equal(expected.Hash, found?.Hash);
        Assert.Equal(expected with { Hash = null }, found! with { Hash = null });
    }
}

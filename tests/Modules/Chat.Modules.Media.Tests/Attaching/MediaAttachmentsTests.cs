using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;
using static Chat.Modules.Media.Tests.MediaWorld;

namespace Chat.Modules.Media.Tests.Attaching;

public sealed class MediaAttachmentsTests : IDisposable
{
    private readonly MediaWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Files_are_described_in_the_order_of_the_question()
    {
        var files = new[] { await _world.UploadAsync(Alice), await _world.UploadAsync(Alice), await _world.UploadAsync(Alice) };

        var attached = await _world.AttachAsync(Alice, AliceAndBob, "1", files[2], files[0], files[1]);

        Assert.Equal(
            new[] { files[2], files[0], files[1] }.Select(id => new MediaDescription(id, "image/png", 1, "a.png", null, null, null, null, HasThumbnail: false)),
            attached.Value);
    }

    [Fact]
    public async Task A_use_stands_with_either_side_or_with_the_group_before_the_answer_and_the_file_is_kept_longer()
    {
        var file = await _world.UploadAsync(Alice);
        _world.Clock.Advance(TimeSpan.FromHours(20));
        _world.Conversations.Join(Group(1), Alice);

        await _world.AttachAsync(Alice, AliceAndBob, "1", file);
        await _world.AttachAsync(Alice, Group(1), "2", file);

        Assert.Equal(
            [Group(1).Value, "u:alice", "u:bob"],
            (await _world.Uses.GetAllAsync(file, 10, Ct)).Select(use => use.Scope).Order(StringComparer.Ordinal));
        Assert.InRange((await _world.Catalogue.FindAsync(file, Ct))!.KeepUntil, Start.AddHours(44), Start.AddHours(44).AddSeconds(1));
    }

    [Fact]
    public async Task Any_file_that_the_sender_may_not_read_is_not_found_and_nothing_is_kept()
    {
        var (own, foreign, unfinished) = (await _world.UploadAsync(Alice), await _world.UploadAsync(Bob), await _world.UploadAsync(Alice, MediaState.Uploading));

        foreach (var bad in new[] { foreign, unfinished, MediaId.New(Start) })
            Assert.Equal(MediaErrors.NotFound, (await _world.AttachAsync(Alice, AliceAndBob, "1", own, bad)).Error);

        Assert.Empty(await _world.Uses.GetAllAsync(own, 10, Ct));
    }

    [Fact]
    public async Task What_a_scan_found_something_in_is_quarantined_to_whoever_may_read_it_and_not_found_to_others()
    {
        var file = await _world.UploadAsync(Alice, MediaState.Quarantined);

        Assert.Equal(MediaErrors.Quarantined, (await _world.AttachAsync(Alice, AliceAndBob, "1", file)).Error);
        Assert.Equal(MediaErrors.NotFound, (await _world.AttachAsync(Bob, AliceAndBob, "1", file)).Error);
    }

    [Fact]
    public async Task A_file_is_forwarded_by_whoever_may_read_it_and_its_new_readers_may_too()
    {
        var file = await _world.UploadAsync(Alice);
        var bobAndCarol = ConversationId.Direct(Bob, Carol);
        Assert.Equal(MediaErrors.NotFound, (await _world.AttachAsync(Bob, bobAndCarol, "1", file)).Error);
        await _world.SendAsync(Alice, AliceAndBob, file);

        await _world.SendAsync(Bob, bobAndCarol, file);

        Assert.True(await _world.MayReadAsync(Carol, file));
    }

    [Fact]
    public async Task What_is_removed_meanwhile_is_not_found()
    {
        var file = await _world.UploadAsync(Alice);
        var row = (await _world.Catalogue.FindAsync(file, Ct))!;
        await _world.Catalogue.TryBeginRemovalAsync(row, Start, Ct);

        Assert.Equal(MediaErrors.NotFound, (await _world.AttachAsync(Alice, AliceAndBob, "1", file)).Error);
    }

    // The uploader deletes the file at the moment at which a message is about to have it: the deletion has found no use, and only what was kept can stop it.
    [Fact]
    public async Task A_file_that_is_deleted_while_it_is_attached_is_not_attached()
    {
        var file = await _world.UploadAsync(Alice);
        var uses = new InterruptedUses(_world.Uses, async () =>
        {
            var row = (await _world.Catalogue.FindAsync(file, Ct))!;
            Assert.Empty(await _world.Uses.GetAllAsync(file, 1, Ct));
            Assert.True(await _world.Catalogue.TryBeginRemovalAsync(row, Start, Ct));
        });
        var attachments = new MediaAttachments(_world.Catalogue, uses, _world.Access, Options, _world.Clock);

        var attached = await attachments.AttachAsync(new MediaAttachment(new DeviceAddress(Alice, DeviceId.Parse("phone")), "1", AliceAndBob, [file]), Ct);

        Assert.Equal(MediaErrors.NotFound, attached.Error);
    }

    /// <summary>Something happens before uses are added.</summary>
    private sealed class InterruptedUses(IMediaUses uses, Func<Task> before) : IMediaUses
    {
        public async Task AddAsync(IReadOnlyList<MediaUse> added, CancellationToken ct)
        {
            await before();
            await uses.AddAsync(added, ct);
        }

        public Task SetSeqNoAsync(MediaUse use, long seqNo, CancellationToken ct) => uses.SetSeqNoAsync(use, seqNo, ct);

        public Task<bool> TryRemoveAsync(IReadOnlyList<MediaUse> seen, CancellationToken ct) => uses.TryRemoveAsync(seen, ct);

        public Task<IReadOnlyList<MediaUse>> GetAsync(MediaId media, IReadOnlyList<string> scopes, int limit, CancellationToken ct) => uses.GetAsync(media, scopes, limit, ct);

        public Task<IReadOnlyList<MediaUse>> GetAllAsync(MediaId media, int limit, CancellationToken ct) => uses.GetAllAsync(media, limit, ct);
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.Modules.Media.Storage;
using Chat.Testing;

namespace Chat.Modules.Media.Tests.Storage;

public sealed class FolderMediaStoreTests : MediaStoreContract, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("chat-media-").FullName;

    private protected override IMediaStore Store => new FolderMediaStore(_root);

    [Fact]
    public async Task A_folder_that_is_gone_is_unavailable_and_no_crash()
    {
        var store = Store;
        Directory.Delete(_root, recursive: true);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(NewKey(), new MemoryStream(Bytes(10)), Ct));
        Assert.Null(await store.OpenAsync(NewKey(), Ct));
    }

    [Fact]
    public async Task What_a_crash_left_half_written_is_discarded()
    {
        var key = NewKey();
        await Store.DiscardAsync(key, Ct);
        await File.WriteAllBytesAsync(Path.Combine(_root, "staging", key), Bytes(10), Ct);
        Assert.Null(await Store.OpenAsync(key, Ct));

        await Store.DiscardAsync(key, Ct);

        await AssertNothingIsLeftAsync();
    }

    // Two files do not fit on the disk: a copy is a link, to the file or to the copy before.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_has_all_bytes_and_takes_room_for_new_ones_only(bool onDiskOfMedia)
    {
        using var disk = new SmallDisk();
        Assert.SkipUnless(disk.TryMount(8), SmallDisk.Missing);
        var store = new FolderMediaStore(onDiskOfMedia ? Path.Combine(disk.Path, "media") : _root);
        var (key, later, unfinished) = (NewKey(), NewKey(), NewKey());
        await store.WriteAsync(key, new MemoryStream(Bytes(5_000_000)), Ct);
        var at = await store.AppendAsync(unfinished, StoreProgress.None, new MemoryStream(Bytes(100)), Ct);

        var first = BackUp(store, disk, "chat-20300101T000000Z");
        await store.WriteAsync(later, new MemoryStream(Bytes(1_000_000)), Ct);
        await store.AppendAsync(unfinished, at, new MemoryStream(Bytes(100)), Ct);
        var second = BackUp(store, disk, "chat-20300102T000000Z");
        await store.DeleteAsync(key, Ct);
        var third = BackUp(store, disk, "chat-20300103T000000Z");

        foreach (var copy in new[] { first, second })
            Assert.Equal(Bytes(5_000_000), await ReadAsync((await copy.OpenAsync(key, Ct))!));
        foreach (var copy in new[] { second, third })
            Assert.Equal(Bytes(1_000_000), await ReadAsync((await copy.OpenAsync(later, Ct))!));
        Assert.Null(await third.OpenAsync(key, Ct));
        // As far as it had come then.
        await first.CompleteAsync(unfinished, await first.AppendAsync(unfinished, at, new MemoryStream([1]), Ct), Ct);
        Assert.Equal([.. Bytes(100), 1], await ReadAsync((await first.OpenAsync(unfinished, Ct))!));
    }

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    private protected override long Room() => Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);

    private protected override Task AssertNothingIsLeftAsync()
    {
        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
        return Task.CompletedTask;
    }

    // The store that a restore of the copy has.
    private static FolderMediaStore BackUp(FolderMediaStore store, SmallDisk disk, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(disk.Path, "backups", $"{name}.unfinished")).FullName;
        new FolderMediaBackup(store.Root).BackUpTo(folder);
        var done = folder[..^".unfinished".Length];
        Directory.Move(folder, done);
        return new FolderMediaStore(Path.Combine(done, "media"));
    }
}

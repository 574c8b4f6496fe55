using Chat.BuildingBlocks.Errors;
using Chat.Modules.Media.Storage;

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
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Storage;

namespace Chat.Modules.Media.Tests.Storage;

/// <summary>What every store promises.</summary>
public abstract class MediaStoreContract
{
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IMediaStore Store { get; }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_003)]
    [InlineData(12_000_001)]
    public async Task What_was_written_is_read_as_it_was(int size)
    {
        var key = NewKey();
        var bytes = Bytes(size);

        await Store.WriteAsync(key, new TornStream(bytes, bytes.Length), Ct);

        await using var read = (await Store.OpenAsync(key, Ct))!;
        Assert.Equal(size, read.Length);
        Assert.Equal(bytes, await ReadAsync(read));
    }

    [Fact]
    public async Task Any_part_is_read_from_where_it_is_sought()
    {
        var key = NewKey();
        var bytes = Bytes(700_000);
        await Store.WriteAsync(key, new MemoryStream(bytes), Ct);

        await using var read = (await Store.OpenAsync(key, Ct))!;
        foreach (var (offset, length) in new[] { (0, 10), (500_000, 200_000), (1, 1), (699_999, 1), (300_000, 100_000) })
        {
            var part = new byte[length];
            read.Seek(offset, SeekOrigin.Begin);
            await read.ReadExactlyAsync(part, Ct);
            Assert.Equal(bytes[offset..(offset + length)], part);
        }
        read.Seek(0, SeekOrigin.End);
        Assert.Equal(0, await read.ReadAsync(new byte[1], Ct));
    }

    [Fact]
    public async Task Nothing_is_there_before_the_last_byte_and_nothing_after_a_failure()
    {
        var key = NewKey();

        await Assert.ThrowsAsync<EndOfStreamException>(() => Store.WriteAsync(key, new TornStream(Bytes(9_000_000), 8_000_000), Ct));

        Assert.Null(await Store.OpenAsync(key, Ct));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_may_be_deleted_again()
    {
        var key = NewKey();
        await Store.WriteAsync(key, new MemoryStream(Bytes(10)), Ct);

        await Store.DeleteAsync(key, Ct);
        await Store.DeleteAsync(key, Ct);

        Assert.Null(await Store.OpenAsync(key, Ct));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task What_is_read_while_it_is_deleted_is_read_or_fails_but_is_never_something_else()
    {
        var key = NewKey();
        var bytes = Bytes(5_000_000);
        await Store.WriteAsync(key, new MemoryStream(bytes), Ct);
        await using var read = (await Store.OpenAsync(key, Ct))!;
        var part = new byte[1_000];
        await read.ReadExactlyAsync(part, Ct);

        await Store.DeleteAsync(key, Ct);

        Assert.Equal(bytes[..1_000], part);
        try
        {
            Assert.Equal(bytes[1_000..], await ReadAsync(read));
        }
        catch (Exception e) when (e is IOException or BuildingBlocks.Errors.StoreUnavailableException)
        {
            // Gone on the way.
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6_000_000)]
    [InlineData(21_000_001)]
    public async Task What_came_in_several_calls_is_what_is_read(int size)
    {
        var (key, bytes) = (NewKey(), Bytes(size));
        var random = new Random(size);

        var at = await Store.AppendAsync(key, StoreProgress.None, Stream.Null, Ct);
        while (at.Bytes < size)
        {
            var next = Math.Min(size, (int)at.Bytes + random.Next(1, 7_000_000));
            at = await Store.AppendAsync(key, at, new MemoryStream(bytes[(int)at.Bytes..next]), Ct);
            Assert.Equal(next, at.Bytes);
            Assert.Null(await Store.OpenAsync(key, Ct));
        }
        await Store.CompleteAsync(key, at, Ct);
        await Store.CompleteAsync(key, at, Ct);

        await using (var read = (await Store.OpenAsync(key, Ct))!)
            Assert.Equal(bytes, await ReadAsync(read));
        await Store.DiscardAsync(key, Ct);
        await Store.DeleteAsync(key, Ct);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task What_was_added_and_not_counted_is_overwritten()
    {
        var (key, bytes) = (NewKey(), Bytes(20_000_000));
        var first = await Store.AppendAsync(key, StoreProgress.None, new MemoryStream(bytes[..1_000_000]), Ct);
        await Store.AppendAsync(key, first, new MemoryStream(Bytes(9_000_000)), Ct);
        var second = await Store.AppendAsync(key, first, new MemoryStream(bytes[1_000_000..12_000_000]), Ct);
        await Store.AppendAsync(key, second, new MemoryStream(Bytes(2_000_000)), Ct);
        await Assert.ThrowsAsync<EndOfStreamException>(() => Store.AppendAsync(key, second, new TornStream(Bytes(7_000_000), 6_500_000), Ct));

        var last = await Store.AppendAsync(key, second, new MemoryStream(bytes[12_000_000..]), Ct);
        await Store.CompleteAsync(key, last, Ct);

        await using var read = (await Store.OpenAsync(key, Ct))!;
        Assert.Equal(bytes, await ReadAsync(read));
    }

    // Else a client could fill the store by bodies whose checksums are wrong.
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    [InlineData(9_000_000)]
    public async Task What_is_taken_back_again_and_again_takes_no_more_room(int before)
    {
        var (key, bytes) = (NewKey(), Bytes(10_000_000));
        var at = before == 0 ? StoreProgress.None : await Store.AppendAsync(key, StoreProgress.None, new MemoryStream(bytes[..before]), Ct);
        await AddAndTakeBackAsync(20_000_000);
        var room = Room();

        foreach (var size in new[] { 1, 1_000_000, 3_000_000, 20_000_000 })
            await AddAndTakeBackAsync(size);

        Assert.Equal(room, Room());
        await Store.CompleteAsync(key, await Store.AppendAsync(key, at, new MemoryStream(bytes[before..]), Ct), Ct);
        await using (var read = (await Store.OpenAsync(key, Ct))!)
            Assert.Equal(bytes, await ReadAsync(read));
        await Store.DeleteAsync(key, Ct);
        await AssertNothingIsLeftAsync();

        async Task AddAndTakeBackAsync(int size) =>
            await Store.TakeBackAsync(key, at, await Store.AppendAsync(key, at, new MemoryStream(Bytes(size)), Ct), Ct);
    }

    [Fact]
    public async Task What_is_discarded_leaves_nothing()
    {
        var key = NewKey();
        var at = await Store.AppendAsync(key, StoreProgress.None, new MemoryStream(Bytes(13_000_000)), Ct);
        await Store.AppendAsync(key, at, new MemoryStream(Bytes(1_000)), Ct);

        await Store.DiscardAsync(key, Ct);
        await Store.DiscardAsync(key, Ct);

        await AssertNothingIsLeftAsync();
    }

    /// <summary>Neither bytes nor unfinished ones are in the store.</summary>
    private protected abstract Task AssertNothingIsLeftAsync();

    /// <summary>All bytes in the store, those of unfinished files included.</summary>
    private protected abstract long Room();

    private protected static string NewKey() => MediaId.New(TimeProvider.System.GetUtcNow()).ToString();

    private protected static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private protected static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.ToArray();
    }
}

using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Rocks;
using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Tests.Rocks;

/// <summary>After any damage the store either has all that was written, or says that it has not: at the opening, or when that part is read.</summary>
public sealed class RocksStoreTests : IDisposable
{
    private const int Entries = 600;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_there_after_the_next_opening()
    {
        Fill();

        Assert.Equal(Entries, CountEntries(_folder["log"]));
    }

    [Fact]
    public void A_second_opener_is_told_that_the_store_is_in_use()
    {
        using var first = Open(_folder["log"]);

        var refused = Assert.Throws<StorageException>(() => Open(_folder["log"]));

        Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("move it away", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_made_while_the_store_is_open_has_everything()
    {
        Fill();
        using var store = Open(_folder["log"]);
        Write(store, Entries, 10);

        store.BackUpTo(_folder["copy"]);

        Write(store, Entries + 10, 10);
        Assert.Equal(Entries + 10, CountEntries(_folder["copy"]));
    }

    [Fact]
    public void Who_comes_after_the_closing_is_told_so()
    {
        var store = Open(_folder["log"]);
        store.Dispose();
        using var batch = new WriteBatch();

        Assert.Throws<StoreUnavailableException>(() => { using var view = store.View(); });
        Assert.Throws<StoreUnavailableException>(() => store.WriteDurably(batch));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Damage_in_the_middle_of_the_write_ahead_log_is_refused(double where)
    {
        Fill();
        Files.Flip(Newest("*.log"), where);

        AssertRefused();
    }

    [Fact]
    public void A_torn_tail_of_the_write_ahead_log_loses_the_last_write_alone()
    {
        Fill();
        var log = Newest("*.log");
        Files.Cut(log, new FileInfo(log).Length - 5);

        Assert.Equal(Entries - 1, CountEntries(_folder["log"]));
    }

    [Fact]
    public void A_write_ahead_log_that_is_gone_is_refused()
    {
        Fill();
        File.Delete(Newest("*.log"));

        AssertRefused();
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.4)]
    [InlineData(0.7)]
    public void Damage_in_a_table_s_data_is_found_when_it_is_read(double where)
    {
        Fill();
        Open(_folder["log"]).Dispose(); // moves what is in the write-ahead log into a table
        Files.Flip(Directory.GetFiles(_folder["log"], "*.sst").MaxBy(file => new FileInfo(file).Length)!, where);

        Assert.ThrowsAny<Exception>(() => CountEntries(_folder["log"]));
    }

    [Fact]
    public void A_table_that_is_gone_is_refused()
    {
        Fill();
        File.Delete(Directory.GetFiles(_folder["log"], "*.sst")[0]);

        AssertRefused();
    }

    [Theory]
    [InlineData("CURRENT")]
    [InlineData("MANIFEST-*")]
    public void A_missing_file_does_not_make_an_empty_store(string name)
    {
        Fill();
        File.Delete(Newest(name));

        AssertRefused();
    }

    [Fact]
    public void An_emptied_folder_does_not_make_an_empty_store()
    {
        Fill();
        Directory.Delete(_folder["log"], recursive: true);
        Directory.CreateDirectory(_folder["log"]);

        AssertRefused();
    }

    [Fact]
    public void A_manifest_cut_anywhere_loses_nothing_in_silence()
    {
        Fill();
        var length = new FileInfo(Newest("MANIFEST-*")).Length;
        var silent = new List<long>();

        for (var cut = 0L; cut < length; cut += Math.Max(1, length / 16))
        {
            var copy = _folder[$"cut-{cut}"];
            Files.Copy(_folder["log"], copy);
            Files.Cut(Newest("MANIFEST-*", copy), cut);
            try
            {
                if (CountEntries(copy) != Entries)
                    silent.Add(cut);
            }
            catch (StorageException)
            {
                // Refused: the operator knows.
            }
            Directory.Delete(copy, recursive: true);
        }

        Assert.Empty(silent);
    }

    // Where the prefix of the hint ends in a key, before it and after it, and in keys of which it is the whole.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_family_with_rising_keys_has_each_key_once_and_in_order_however_they_came(bool rises)
    {
        var keys = Enumerable.Range(4, 24).SelectMany(length => Enumerable.Range(0, 40).Select(number => new string((char)('a' + length), length) + $"{number:D4}")).ToArray();
        var inserted = (string[])keys.Clone();
        if (rises)
            inserted = [.. keys.OrderBy(key => key[^4..], StringComparer.Ordinal)];
        else
            new Random(21).Shuffle(inserted);
        using var store = RocksStore.Open(_folder["log"], ["entries", "others"], TimeProvider.System, rising: ["entries"]);
        foreach (var some in inserted.Chunk(100))
        {
            using var batch = new WriteBatch();
            foreach (var key in some)
                batch.Put(Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(key), store.Family("entries").Handle);
            store.WriteDurably(batch);
        }

        using var view = store.View();
        using var entries = view.Walk(store.Family("entries"));
        List<string> found = [];
        for (entries.SeekToFirst(); entries.Valid(); entries.Next())
            found.Add(Encoding.ASCII.GetString(entries.GetKeySpan()));
        Assert.Equal(keys.Order(StringComparer.Ordinal), found);
        foreach (var key in keys)
            Assert.Equal(key, Encoding.ASCII.GetString(view.Get(Encoding.ASCII.GetBytes(key), store.Family("entries")) ?? []));
    }

    // Tables of several ages, and a write-ahead log that holds the newest third.
    private void Fill()
    {
        using var store = Open(_folder["log"]);
        Write(store, 0, Entries / 3);
        Flush(store);
        Write(store, Entries / 3, Entries / 3);
        Flush(store);
        Write(store, Entries / 3 * 2, Entries / 3);
    }

    private static RocksStore Open(string path) => RocksStore.Open(path, ["entries", "others"], TimeProvider.System);

    private static void Write(RocksStore store, int from, int count)
    {
        var value = new byte[500];
        for (var key = from; key < from + count; key++)
        {
            new Random(key).NextBytes(value);
            using var batch = new WriteBatch();
            using (store.View())
                batch.Put(Encoding.ASCII.GetBytes($"{key:D6}"), value, store.Family("entries").Handle);
            store.WriteDurably(batch);
        }
    }

    private static void Flush(RocksStore store)
    {
        var waiting = new FlushOptions().SetWaitForFlush(true);
        using var view = store.View();
        Native.Instance.rocksdb_flush_cf(view.Db.Handle, waiting.Handle, store.Family("entries").Handle.Handle, out nint error);
        Assert.Equal(0, error);
    }

    private static int CountEntries(string path)
    {
        using var store = Open(path);
        using var view = store.View();
        using var entries = view.Walk(store.Family("entries"));
        var count = 0;
        for (entries.SeekToFirst(); entries.Valid(); entries.Next())
            count++;
        entries.ThrowIfDamaged();
        return count;
    }

    private string Newest(string pattern, string? folder = null) =>
        Directory.GetFiles(folder ?? _folder["log"], pattern).Order(StringComparer.Ordinal).Last();

    private void AssertRefused()
    {
        var refused = Assert.Throws<StorageException>(() => CountEntries(_folder["log"]));
        Assert.Contains(_folder["log"], refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using RocksDbSharp;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

public sealed class RocksMessageLogTests : MessageLogContract
{
    private readonly TemporaryLog _log = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _log.Dispose();
    }

    private protected override Task<IMessageLog> OpenAsync() => Task.FromResult<IMessageLog>(_log.Log);

    private protected override Task CloseAsync(IMessageLog log)
    {
        _log.Close();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_device_s_messages_that_were_committed_together_are_answered_in_their_order()
    {
        var isHeld = false;
        using var begun = new SemaphoreSlim(0);
        using var released = new ManualResetEventSlim();
        using var log = new TemporaryLog(write: write =>
        {
            if (Volatile.Read(ref isHeld))
            {
                begun.Release();
                released.Wait(TimeSpan.FromSeconds(30), CancellationToken.None);
            }
            write();
        });
        var opened = log.Log;
        var told = new ConcurrentDictionary<UserId, ConcurrentQueue<long>>();
        // While the first is written all others gather behind it, and a thousand fit into the next commit.
        Volatile.Write(ref isHeld, true);
        var first = opened.AppendAsync(Draft(AliceAndBob, UserId.Parse("carol"), "first"), Ct);
        await begun.WaitAsync(Ct);

        var others = Enumerable.Range(0, 1_000).Select(async n =>
        {
            var sender = n % 2 == 0 ? Alice : Bob;
            var appended = await opened.AppendAsync(Draft(AliceAndBob, sender, $"{n}"), Ct);
            told.GetOrAdd(sender, _ => new()).Enqueue(appended.Message.SeqNo.Value);
        }).ToList();
        released.Set();
        await Task.WhenAll(others.Append(first));

        Assert.All(told.Values, seqNos => Assert.Equal(seqNos.Order(), seqNos));
    }

    [Fact]
    public async Task Who_takes_long_over_an_answer_holds_up_none_of_those_beside_it()
    {
        const int count = 50;
        using var others = new CountdownEvent(count - 1);

        // In the middle, where it shares a commit; and right where it is answered.
        var waited = await Task.WhenAll(Enumerable.Range(0, count).Select(n => Log.AppendAsync(Draft(AliceAndBob, UserId.Parse($"user{n}"), "1"), Ct).ContinueWith(
            _ => n == count / 2 ? others.Wait(TimeSpan.FromSeconds(30), Ct) : others.Signal() || true,
            Ct, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)));

        Assert.All(waited, Assert.True);
    }

    // The files of a running server, copied without telling it, are what a crash at that moment leaves.
    [Fact]
    public async Task A_crash_in_the_middle_of_appends_loses_nothing_that_was_acked()
    {
        var acked = new ConcurrentQueue<LoggedMessage>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var senders = Enumerable.Range(0, 4).Select(sender => Task.Run(
            async () =>
            {
                for (var n = 0; !end.IsCancellationRequested; n++)
                    acked.Enqueue((await AppendAsync(n % 2 == 0 ? AliceAndBob : Team, UserId.Parse($"user{sender}"), $"{n}")).Message);
            }, Ct)).ToList();

        for (var crash = 1; crash <= 3; crash++)
        {
            while (acked.Count < crash * 40)
                await Task.Yield();
            var promised = acked.ToList();
            using var after = new CopiedLog(_log.Folder);
            await AssertAllThereAsync(promised, after.Log);
        }

        await end.CancelAsync();
        await Task.WhenAll(senders);
    }

    [Fact]
    public async Task A_torn_tail_is_passed_over_and_its_seqNo_given_to_the_next()
    {
        for (var n = 1; n <= 10; n++)
            await AppendAsync(AliceAndBob, Alice, $"{n}");
        _log.Close();
        using (var wal = new FileStream(Newest("*.log"), FileMode.Open))
            wal.SetLength(wal.Length - 7);

        await ReopenAsync();

        Assert.Equal(9, (await ReadAllAsync(AliceAndBob)).Count);
        Assert.Null(await Log.FindAttemptAsync(Alice, "10", Ct));
        var again = await AppendAsync(AliceAndBob, Alice, "10");
        Assert.Equal((10, false), (again.Message.SeqNo.Value, again.Duplicate));
    }

    [Fact]
    public async Task Activity_goes_on_above_the_newest_message_after_a_restart_with_the_clock_set_back()
    {
        var ahead = await Log.AppendAsync(Draft(AliceAndBob, Alice, "1") with { Now = Now.AddDays(30) }, Ct);

        await ReopenAsync();
        Assert.Equal(Activity.Of(ahead.Message.Id), Log.ActivityFloor);
        var after = await AppendAsync(Team, Bob, "1");

        Assert.True(Activity.Of(after.Message.Id) > Activity.Of(ahead.Message.Id));
        Assert.Equal(Now, after.Message.Timestamp);
    }

    [Fact]
    public async Task Damage_in_the_write_ahead_log_is_refused_with_words_for_the_operator()
    {
        await FillAsync();
        Flip(Newest("*.log"));

        var refused = await Assert.ThrowsAsync<StorageException>(OpenAsync);

        Assert.Contains(_log.Folder, refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_in_a_table_is_a_fault_on_reading_never_an_empty_page()
    {
        await FillAsync();
        await ReopenAsync();
        _log.Close();
        Flip(Directory.GetFiles(_log.Folder, "*.sst").MaxBy(file => new FileInfo(file).Length)!);

        await ReopenAsync();

        await Assert.ThrowsAnyAsync<RocksDbException>(() => ReadAllAsync(AliceAndBob));
        await Assert.ThrowsAnyAsync<RocksDbException>(async () => await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(SeqNo.MaxValue), 1000, Ct));
    }

    // Repetitions have the log look for their first, which for some cannot be read.
    [Fact]
    public async Task Damage_that_one_append_meets_fails_none_of_those_beside_it()
    {
        await FillAsync();
        await ReopenAsync();
        _log.Close();
        Flip(Directory.GetFiles(_log.Folder, "*.sst").MaxBy(file => new FileInfo(file).Length)!);
        await ReopenAsync();

        var repetitions = Enumerable.Range(0, 200).Select(n => AppendAsync(AliceAndBob, Alice, $"{n}")).ToList();
        var beside = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => AppendAsync(Team, Bob, $"{n}")));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Task.WhenAll(repetitions));
        Assert.Contains(repetitions, repetition => repetition.IsCompletedSuccessfully);
        Assert.Equal(beside.Select(appended => appended.Message), await ReadAllAsync(Team));
    }

    [Fact]
    public async Task An_append_after_the_end_is_unavailable()
    {
        _log.Close();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(AliceAndBob, Alice, "1"));
    }

    [Fact]
    public async Task Closing_works_off_what_waits()
    {
        var waiting = Enumerable.Range(0, 200).Select(n => AppendAsync(AliceAndBob, Alice, $"{n}")).ToList();

        await ReopenAsync();

        Assert.Equal(200, (await Task.WhenAll(waiting)).Length);
        Assert.Equal(200, (await ReadAllAsync(AliceAndBob)).Count);
    }

    [Fact]
    public async Task A_backup_has_all_messages_and_begins_an_epoch_of_its_own_when_it_is_put_back()
    {
        await AppendAsync(AliceAndBob, Alice, "1");
        var backup = Directory.CreateTempSubdirectory("chat-test-").FullName;

        _log.Log.BackUpTo(backup);

        await AppendAsync(AliceAndBob, Alice, "2");
        using var restored = new CopiedLog(Path.Combine(backup, "log"));
        Assert.Single(await restored.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 10, Ct));
        Assert.NotEqual(Log.Epoch, restored.Log.Epoch);
        var epoch = restored.Log.Epoch;
        restored.Close();
        Assert.Equal(epoch, restored.Log.Epoch);
        Directory.Delete(backup, recursive: true);
    }

    private static async Task AssertAllThereAsync(List<LoggedMessage> promised, RocksMessageLog log)
    {
        foreach (var conversation in new[] { AliceAndBob, Team })
        {
            var stored = await log.ReadAfterAsync(conversation, SeqNo.None, int.MaxValue, Ct);
            Assert.Subset(stored.ToHashSet(), promised.Where(message => message.Conversation == conversation).ToHashSet());
            Assert.Equal(Enumerable.Range(1, stored.Count).Select(n => (long)n), stored.Select(message => message.SeqNo.Value));
        }
        var newest = promised[^1];
        Assert.Equal(newest, await log.FindAttemptAsync(newest.Sender.User, newest.ClientMsgId, Ct));
        Assert.NotNull(await log.FindAsync(newest.Id, Ct));
    }

    // Incompressible, and more than one block.
    private async Task FillAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(n =>
            AppendAsync(AliceAndBob, Alice, $"{n}", RandomNumberGenerator.GetHexString(1000))));
        _log.Close();
    }

    private string Newest(string pattern) => Directory.GetFiles(_log.Folder, pattern).Order(StringComparer.Ordinal).Last();

    private static void Flip(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = file.Length / 2;
        var flipped = (byte)(file.ReadByte() ^ 0xff);
        file.Position--;
        file.WriteByte(flipped);
    }

    /// <summary>A log opened from a copy of another's files.</summary>
    private sealed class CopiedLog : IDisposable
    {
        private readonly TemporaryLog _copy = new();

        public CopiedLog(string folder)
        {
            Directory.CreateDirectory(_copy.Folder);
            // Not the lock: to close it would let go of the original's.
            foreach (var file in Directory.GetFiles(folder).Where(file => Path.GetFileName(file) != "LOCK"))
                File.Copy(file, Path.Combine(_copy.Folder, Path.GetFileName(file)));
        }

        public RocksMessageLog Log => _copy.Log;

        public void Close() => _copy.Close();

        public void Dispose() => _copy.Dispose();
    }
}

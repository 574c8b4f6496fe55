using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

public sealed class RocksMessageChangesTests : MessageChangesContract
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

    // A count looks at no more than MaxScanned entries, and would not get past these without jumping over them.
    [Fact]
    public async Task A_count_reads_as_many_entries_with_ten_thousand_reactions_between_as_with_none()
    {
        var first = await SayAsync(Alice, "1");
        var reactions = await Task.WhenAll(Enumerable.Range(0, IMessageLog.MaxScanned + 500).Select(n =>
            Log.AppendChangeAsync(first.React(UserId.Parse($"user{n}"), "1", "👍"), Ct)));
        var second = await SayAsync(Alice, "2");
        var last = await ChangeAsync(second.Pin(Alice, "3"));

        Assert.All(reactions, reaction => Assert.False(reaction.Value.Duplicate));
        Assert.Equal(IMessageLog.MaxScanned + 3, last.SeqNo.Value - 500);
        Assert.Equal(new OthersCount(2, IsAll: true), await Log.CountOthersAsync(AliceAndBob, Bob, SeqNo.None, last.SeqNo, 10, Ct));
        Assert.Equal(new MessageReaction("👍", IMessageLog.MaxScanned + 500, [.. (await ReadAllAsync())[0].State!.Reactions[0].Users]), (await ReadAllAsync())[0].State!.Reactions[0]);
        Assert.Equal(MessageReaction.MaxUsers, (await ReadAllAsync())[0].State!.Reactions[0].Users.Count);
    }

    [Fact]
    public async Task A_message_with_ten_thousand_reactions_is_as_small_as_one_with_three()
    {
        var (few, many) = (await SayAsync(Alice, "1"), await SayAsync(Alice, "2"));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(n => Log.AppendChangeAsync(few.React(UserId.Parse($"user{n:D5}"), "few", "👍"), Ct)));
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(n => Log.AppendChangeAsync(many.React(UserId.Parse($"user{n:D5}"), "many", "👍"), Ct)));

        var read = await Log.ReadAtAsync(AliceAndBob, [few.SeqNo, many.SeqNo], Ct);

        Assert.Equal([3, 10_000], read.Select(message => message!.State!.Reactions[0].Count));
        Assert.Equal(read[0]!.MaxJsonBytes(), read[1]!.MaxJsonBytes());
        // Two numbers, the count and the last entry's, take a byte more each.
        Assert.InRange(StateCodec.Encode(read[1]!.State!).Length - StateCodec.Encode(read[0]!.State!).Length, 0, 2);
        var listed = await Log.ReadReactionsAsync(AliceAndBob, many.SeqNo, null, null, 50, Ct);
        Assert.Equal((50, new ReactionPlace(UserId.Parse("user00049"), "👍")), (listed.Found.Count, listed.Next));
    }

    [Fact]
    public async Task A_backup_has_the_states_and_goes_on_from_them()
    {
        var message = await SayAsync(Alice, "1");
        await ChangeAsync(message.React(Bob, "2", "👍"));
        var folder = Directory.CreateTempSubdirectory("chat-backup-");
        try
        {
            _log.Log.BackUpTo(folder.FullName);
            await ChangeAsync(message.React(Alice, "3", "👍"));
            using var meters = new TestMeters();
            using var data = new DataDirectory(Options.Create(new StorageOptions { DataDirectory = folder.FullName }));
            using var copy = new RocksMessageLog(data, meters, TimeProvider.System, new ActivityClock(NullLogger<ActivityClock>.Instance));

            Assert.Equal([new MessageReaction("👍", 1, [Bob])], (await copy.ReadAtAsync(AliceAndBob, [message.SeqNo], Ct))[0]!.State!.Reactions);
            Assert.Equal(new SeqNo(2), (await copy.AppendChangeAsync(message.React(Bob, "4", "👍"), Ct)).Value.Message.SeqNo);
            Assert.Equal(new SeqNo(3), (await copy.AppendChangeAsync(message.React(Bob, "5", "👍", on: false), Ct)).Value.Message.SeqNo);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_change_that_could_not_be_written_is_judged_by_what_is_stored()
    {
        var fails = false;
        using var log = new TemporaryLog(write: write =>
        {
            if (Volatile.Read(ref fails))
                throw new IOException("The disk is full.");
            write();
        });
        var message = (await log.Log.AppendAsync(Draft(AliceAndBob, Alice, "1"), Ct)).Message;
        Volatile.Write(ref fails, true);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => log.Log.AppendChangeAsync(message.React(Bob, "2", "👍"), Ct));
        Volatile.Write(ref fails, false);
        log.Close();

        Assert.Equal(ErrorCodes.Conflict, (await log.Log.AppendChangeAsync(message.React(Bob, "3", "👍", on: false), Ct)).Error?.Code);
        Assert.False((await log.Log.AppendChangeAsync(message.React(Bob, "2", "👍"), Ct)).Value.Duplicate);
        Assert.Equal([new MessageReaction("👍", 1, [Bob])], (await log.Log.ReadAtAsync(AliceAndBob, [message.SeqNo], Ct))[0]!.State!.Reactions);
    }

    [Fact]
    public async Task Many_edits_pins_and_deletions_in_one_commit_are_judged_one_after_the_other()
    {
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < ChangeLimits.Default.Pins + 5; n++)
            messages.Add(await SayAsync(Alice, $"{n}"));

        var pins = await Task.WhenAll(messages.Select((message, n) => Log.AppendChangeAsync(message.Pin(Bob, $"pin {n}"), Ct)));
        var edits = await Task.WhenAll(Enumerable.Range(0, ChangeLimits.Default.Edits + 5).Select(n => Log.AppendChangeAsync(messages[0].Edit(Alice, $"edit {n}", $"text {n}"), Ct)));
        var (delete, edit) = (Log.AppendChangeAsync(messages[0].Delete(Alice, "delete"), Ct), Log.AppendChangeAsync(messages[0].Edit(Alice, "late", "late"), Ct));

        Assert.Equal((ChangeLimits.Default.Pins, 5), (pins.Count(pin => pin.IsOk), pins.Count(pin => pin.Error?.Code == ErrorCodes.TooLarge)));
        Assert.Equal((ChangeLimits.Default.Edits, 5), (edits.Count(one => one.IsOk), edits.Count(one => one.Error?.Code == ErrorCodes.TooLarge)));
        Assert.True((await delete).IsOk);
        Assert.Equal(ErrorCodes.Conflict, (await edit).Error?.Code);
        Assert.Equal(ChangeLimits.Default.Pins - 1, (await Log.ReadPinsAsync(AliceAndBob, Ct)).Count);
        var read = await ReadAllAsync();
        Assert.Equal(Folding.Fold(read.Where(entry => entry.Content.Change?.Target.SeqNo != messages[0].SeqNo)).Count, read.Count(entry => entry.State is not null) - 1);
        Assert.DoesNotContain(read, entry => $"{entry.Content.Text}".StartsWith("text", StringComparison.Ordinal));
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Erasing;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Log;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Modules.Messaging.Timers;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Timers;

public sealed class RocksMessageTimersTests : MessageTimersContract
{
    private TemporaryLog? _log;

    private protected override IExpiries Expiries => (RocksMessageLog)Log;

    // The disk fails at each write of a sweep in turn; what is not done the next sweep does.
    [Fact]
    public async Task A_sweep_that_fails_at_any_write_is_finished_by_the_next()
    {
        for (var failing = 0; failing < 12; failing++)
        {
            var left = int.MaxValue;
            var clock = new FakeTimeProvider(Now);
            using var log = new TemporaryLog(
                write: write =>
                {
                    if (Interlocked.Decrement(ref left) == -1)
                        throw new IOException("The disk is full.");
                    write();
                },
                expiry: new Expiry(clock));
            await log.Log.AppendChangeAsync(Timer(log, 60), Ct);
            var entries = new List<LoggedMessage>();
            for (var n = 0; n < 4; n++)
            {
                entries.Add((await log.Log.AppendAsync(Draft(AliceAndBob, Alice, $"m{n}", "secret"), Ct)).Message);
                entries.Add((await log.Log.AppendChangeAsync(entries[^1].Edit(Alice, $"e{n}", "secret again"), Ct)).Value.Message);
            }
            clock.SetUtcNow(Now.AddSeconds(60));

            left = failing;
            await Record.ExceptionAsync(() => SweepAsync(log, clock));
            left = int.MaxValue;
            log.Close();
            await SweepAsync(log, clock);

            foreach (var entry in entries)
                Assert.Equal(MessageKind.Erased, (await log.Log.ReadStoredAsync(AliceAndBob, entry.SeqNo, Ct))!.Content.Kind);
            Assert.Empty(log.Log.ReadKeys(StateKeys.AllExpiries, null, 10));
        }
    }

    [Fact]
    public async Task Messages_older_than_they_are_kept_are_holes_and_are_erased_by_age()
    {
        var clock = new FakeTimeProvider(Now);
        using var log = new TemporaryLog(expiry: new Expiry(clock, TimeSpan.FromDays(2)));
        var old = (await log.Log.AppendAsync(Draft(AliceAndBob, Alice, "1", "secret"), Ct)).Message;
        var edit = (await log.Log.AppendChangeAsync(old.Edit(Alice, "2", "secret again") with { Now = Now.AddDays(1) }, Ct)).Value.Message;
        var timer = (await log.Log.AppendChangeAsync(Timer(log, 0) with { Content = new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = 31_536_000 } }, Ct)).Value.Message;
        var later = (await log.Log.AppendAsync(Draft(AliceAndBob, Alice, "3") with { Now = Now.AddDays(1) }, Ct)).Message;
        clock.SetUtcNow(Now.AddDays(2).AddSeconds(-1));
        Assert.Equal(0, await SweepAsync(log, clock, TimeSpan.FromDays(2)));
        Assert.True((await log.Log.ReadAtAsync(AliceAndBob, [old.SeqNo], Ct))[0]!.IsShown);

        clock.SetUtcNow(Now.AddDays(2).AddSeconds(1));
        Assert.Equal([timer.SeqNo, later.SeqNo], (await log.Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 10, Ct)).Where(entry => entry.IsShown || entry.Content.IsChange).Select(entry => entry.SeqNo));
        Assert.Equal(new OthersCount(1, IsAll: true), await log.Log.CountOthersAsync(AliceAndBob, Bob, SeqNo.None, later.SeqNo, 10, Ct));
        Assert.Equal(ErrorCodes.NotAMember, (await log.Log.AppendChangeAsync(old.Edit(Alice, "4", "new"), Ct)).Error?.Code);
        Assert.Equal(1, await SweepAsync(log, clock, TimeSpan.FromDays(2)));
        log.Close();
        Assert.Equal(0, await SweepAsync(log, clock, TimeSpan.FromDays(2)));

        Assert.Equal(
            [MessageKind.Erased, MessageKind.Erased, MessageKind.Timer, MessageKind.Message],
            await Task.WhenAll(new[] { old, edit, timer, later }.Select(async entry => (await log.Log.ReadStoredAsync(AliceAndBob, entry.SeqNo, Ct))!.Content.Kind)));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _log?.Dispose();
    }

    private protected override Task<IMessageLog> OpenAsync() => Task.FromResult<IMessageLog>((_log ??= new TemporaryLog(expiry: new Expiry(Clock))).Log);

    private protected override Task CloseAsync(IMessageLog log)
    {
        _log!.Close();
        return Task.CompletedTask;
    }

    private static async Task<int> SweepAsync(TemporaryLog log, FakeTimeProvider clock, TimeSpan keptFor = default) => (await new SweepExpiredHandler(
        log.Log, log.Log, new Expiry(clock, keptFor), new MessageEraser(log.Log, new FakeAttachments()), new FakeMediator(), NullLogger<SweepExpiredHandler>.Instance)
        .Handle(new SweepExpired(), Ct)).Value;

    private static MessageDraft Timer(TemporaryLog log, int seconds) =>
        new(AliceAndBob, Alice.Phone(), $"timer {log.Folder.Length}", new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = seconds }, Now);
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Erasing;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Modules.Messaging.Timers;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Timers;

// The sweep.
public abstract partial class MessageTimersContract
{
    // Beyond what a cluster leaves to the next run.
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(5);

    private readonly FakeAttachments _attachments = new();

    private protected abstract IExpiries Expiries { get; }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_has_expired_is_erased_and_nothing_else(bool reopens)
    {
        var file = new MessageMedia(MediaId.New(Now), "image/png", 1);
        var before = await SayAsync("1");
        await SetAsync(Alice, "2", 60);
        var message = (await Log.AppendAsync(
            Draft(AliceAndBob, Alice, "3") with { Content = MessageContent.Of("secret") with { Media = [file], Mentions = Mentions.Of([Bob]) } }, Ct)).Message;
        var edit = await ChangeAsync(message.Edit(Alice, "4", "secret again"));
        await ChangeAsync(message.React(Bob, "5", "👍"));
        await ChangeAsync(message.Pin(Bob, "6"));
        await SetAsync(Bob, "7", 3_600);
        var hour = await SayAsync("8", "for an hour", Mentions.Of([Bob]));
        Assert.Equal(0, await SweepAsync());
        Clock.SetUtcNow(Now.AddSeconds(60) + Later);
        if (reopens)
            await ReopenAsync();

        Assert.Equal(1, await SweepAsync());
        Assert.Equal(0, await SweepAsync());

        Assert.Equal([file.Id], _attachments.Released);
        foreach (var erased in new[] { message, edit })
        {
            var stored = await Log.ReadStoredAsync(AliceAndBob, erased.SeqNo, Ct);
            Assert.Equal((erased.Id, MessageKind.Erased, erased.Content.ExpiresAt, null), (stored!.Id, stored.Content.Kind, stored.Content.ExpiresAt, stored.State));
        }
        Assert.Empty((await Log.ReadReactionsAsync(AliceAndBob, message.SeqNo, null, null, 10, Ct)).Found);
        Assert.Equal([hour.SeqNo], await Log.ReadMentionsAsync(AliceAndBob, Bob, SeqNo.None, hour.SeqNo, 10, Ct));
        Assert.Equal([before, hour], (await ReadAllAsync()).Where(entry => entry.IsShown));
        Assert.Equal(message.SeqNo, (await Log.FindAttemptAsync(Alice, "3", Ct))!.SeqNo);
        Assert.Equal(new OthersCount(2, IsAll: true), await CountAsync(Bob));
    }

    [Fact]
    public async Task A_deleted_message_that_has_expired_stays_a_hole_whatever_the_clock_does()
    {
        await SetAsync(Alice, "1", 60);
        var message = await SayAsync("2", "secret");
        await ChangeAsync(message.Delete(Alice, "3"));
        Clock.SetUtcNow(Now.AddSeconds(60) + Later);
        await SweepAsync();

        var read = (await ReadAllAsync())[1];
        Assert.Equal((MessageKind.Erased, false), (read.Content.Kind, read.IsShown));
        Assert.Equal(MessageKind.Erased, (await Log.ReadStoredAsync(AliceAndBob, message.SeqNo, Ct))!.Content.Kind);
    }

    [Fact]
    public async Task What_is_sent_after_the_clock_went_back_is_erased_too()
    {
        await SetAsync(Alice, "1", 60);
        var first = await SayAsync("2", "secret");
        Clock.SetUtcNow(Now.AddDays(2));
        Assert.Equal(1, await SweepAsync());

        Clock.AdjustTime(Now.AddSeconds(1));
        var second = await SayAsync("3", "secret");
        Assert.Equal([false, true], (await Log.ReadAtAsync(AliceAndBob, [first.SeqNo, second.SeqNo], Ct)).Select(message => message!.IsShown));
        Clock.SetUtcNow(Now.AddSeconds(60) + Later);
        Assert.Equal(1, await SweepAsync());

        Assert.Equal(MessageKind.Erased, (await Log.ReadStoredAsync(AliceAndBob, second.SeqNo, Ct))!.Content.Kind);
    }

    // Fifty may be pinned.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pinned_messages_that_have_expired_take_no_room(bool sweeps)
    {
        var lasting = await Task.WhenAll(Enumerable.Range(0, 51).Select(n => SayAsync($"lasting {n}")));
        await SetAsync(Alice, "timer", 60);
        var timed = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => SayAsync($"timed {n}")));
        await Task.WhenAll(timed.Select((message, n) => ChangeAsync(message.Pin(Bob, $"pin {n}"))));
        Assert.Equal(ErrorCodes.TooLarge, (await Log.AppendChangeAsync(lasting[0].Pin(Bob, "too many"), Ct)).Error?.Code);
        Clock.SetUtcNow(Now.AddSeconds(60) + Later);
        if (sweeps)
            await SweepAsync();

        await Task.WhenAll(lasting[..50].Select((message, n) => ChangeAsync(message.Pin(Bob, $"again {n}"))));

        Assert.Equal(lasting[..50].Select(message => message.SeqNo).Order(), (await Log.ReadPinsAsync(AliceAndBob, Ct)).Order());
        Assert.Equal(ErrorCodes.TooLarge, (await Log.AppendChangeAsync(lasting[50].Pin(Bob, "too many again"), Ct)).Error?.Code);
        await ChangeAsync(lasting[0].Pin(Bob, "off", on: false));
        await ChangeAsync(lasting[50].Pin(Bob, "at last"));
    }

    private protected async Task<int> SweepAsync() => (await new SweepExpiredHandler(
        Expiries, Log, new Expiry(Clock), new MessageEraser(Log, _attachments), new FakeMediator(), NullLogger<SweepExpiredHandler>.Instance).Handle(new SweepExpired(), Ct)).Value;
}

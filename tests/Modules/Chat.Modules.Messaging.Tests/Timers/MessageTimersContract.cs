using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Log;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Timers;

/// <summary>What every log promises of timers (<see cref="IMessageTimers"/>) and of what expires.</summary>
public abstract partial class MessageTimersContract : OpenedLog
{
    /// <summary>By which messages expire.</summary>
    private protected FakeTimeProvider Clock { get; } = new(Now);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_expire_by_the_timer_in_force_when_they_were_appended(bool reopens)
    {
        var before = await SayAsync("1");
        var on = await SetAsync(Alice, "2", 60);
        if (reopens)
            await ReopenAsync();
        var minute = await SayAsync("3");
        var longer = await SetAsync(Bob, "4", 3_600);
        var hour = await SayAsync("5");
        var off = await SetAsync(Alice, "6", 0);
        var after = await SayAsync("7");

        Assert.Equal([null, Now.AddSeconds(60), Now.AddSeconds(3_600), null], new[] { before, minute, hour, after }.Select(message => message.Content.ExpiresAt));
        Assert.Equal((60, "timer", before.SeqNo), (on.Content.TimerSeconds, on.Content.ChangeName, on.Content.PreviousMessage));
        Assert.Equal([before, on, minute, longer, hour, off, after], await ReadAllAsync());
        Assert.Equal(new ConversationTimer(off.SeqNo, 0), (await Log.ReadTimersAsync([AliceAndBob, Team], Ct)).Single().Value);
        Assert.True((await Log.AppendAsync(Draft(Team, Alice, "other"), Ct)).Message.Content.IsPlain);
    }

    [Fact]
    public async Task A_timer_that_is_so_already_is_answered_with_the_entry_that_made_it_so()
    {
        await SayAsync("1");
        Assert.Equal(ErrorCodes.Conflict, (await Log.AppendChangeAsync(Timer(Alice, "2", 0), Ct)).Error?.Code);
        var on = await SetAsync(Alice, "3", 60);
        await SameAsync(on, Timer(Bob, "4", 60));
        await ReopenAsync();
        await SameAsync(on, Timer(Bob, "5", 60));
        var off = await SetAsync(Alice, "6", 0);
        await SameAsync(off, Timer(Bob, "7", 0));
        // A retry, whatever is in force by now.
        await SameAsync(on, Timer(Alice, "3", 60));

        Assert.Equal(off.SeqNo, await Log.GetHeadAsync(AliceAndBob, Ct));
    }

    [Fact]
    public async Task Timers_and_messages_at_once_leave_each_message_with_the_timer_above_it()
    {
        await Task.WhenAll(Enumerable.Range(0, 90).Select(n => n % 3 == 0
            ? Log.AppendChangeAsync(Timer(n % 2 == 0 ? Alice : Bob, $"t{n}", n % 4 == 0 ? 0 : n + 5), Ct)
            : SendAsync($"m{n}")));

        var timer = 0;
        var read = await ReadAllAsync();
        foreach (var entry in read)
        {
            if (entry.Content.TimerSeconds is { } seconds)
                Assert.NotEqual(timer, timer = seconds);
            else
                Assert.Equal(timer == 0 ? null : Now.AddSeconds(timer), entry.Content.ExpiresAt);
        }
        Assert.Equal(60, read.Count(entry => entry.IsShown));

        async Task<Result<AppendedMessage>> SendAsync(string id) => await Log.AppendAsync(Draft(AliceAndBob, Alice, id), Ct);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_has_expired_is_a_hole_at_every_read_and_so_are_its_changes(bool reopens)
    {
        var before = await SayAsync("1");
        var on = await SetAsync(Alice, "2", 60);
        var message = await SayAsync("3", "secret", Mentions.Of([Bob]));
        var edit = await ChangeAsync(message.Edit(Alice, "4", "secret again"));
        var reaction = await ChangeAsync(message.React(Bob, "5", "👍"));
        var pin = await ChangeAsync(message.Pin(Bob, "6"));
        var deleted = await SayAsync("7");
        var deletion = await ChangeAsync(deleted.Delete(Alice, "8"));
        Clock.SetUtcNow(Now.AddMilliseconds(59_999));
        Assert.Equal([true, false, true, false, false, false, true, false], (await ReadAllAsync()).Select(entry => entry.IsShown));
        Assert.Equal([message.SeqNo], await Log.ReadPinsAsync(AliceAndBob, Ct));
        Assert.Equal(2, (await CountAsync(Bob)).Count);
        Assert.All([edit, reaction, pin, deletion], change => Assert.Equal(Now.AddSeconds(60), change.Content.ExpiresAt));

        Clock.SetUtcNow(Now.AddSeconds(60));
        if (reopens)
            await ReopenAsync();

        SeqNo[] holes = [message.SeqNo, edit.SeqNo, reaction.SeqNo, pin.SeqNo, deleted.SeqNo, deletion.SeqNo];
        var read = await ReadAllAsync();
        Assert.Equal([before, on], read.Where(entry => entry.IsShown || entry.Content.IsChange));
        Assert.Equal(holes, read.Skip(2).Select(entry => entry.SeqNo));
        Assert.All(read.Skip(2), entry => Assert.Equal((MessageKind.Erased, true, null), (entry.Content.Kind, entry.Content.Text.Length == 0, entry.State)));
        Assert.Equal(read, await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(SeqNo.MaxValue), 100, Ct));
        Assert.All(await Log.ReadAtAsync(AliceAndBob, holes, Ct), entry => Assert.False(entry!.IsShown || entry.Content.IsChange));
        Assert.False((await Log.ReadNewestAsync([AliceAndBob], Ct))[0]!.IsShown);
        Assert.False((await Log.FindAttemptAsync(Alice, "3", Ct))!.IsShown);
        Assert.Empty(await Log.ReadPinsAsync(AliceAndBob, Ct));
        Assert.Equal(new OthersCount(1, IsAll: true), await CountAsync(Bob));
        Assert.Equal(deletion.SeqNo, await Log.GetHeadAsync(AliceAndBob, Ct));
    }

    [Fact]
    public async Task Nothing_can_be_done_with_what_has_expired_and_a_retry_is_answered_as_before()
    {
        await SetAsync(Alice, "1", 60);
        var message = await SayAsync("2", "secret");
        var edit = await ChangeAsync(message.Edit(Alice, "3", "secret again"));
        Clock.SetUtcNow(Now.AddSeconds(60));

        foreach (var change in new[] { message.Edit(Alice, "4", "new"), message.Delete(Alice, "5"), message.React(Bob, "6", "👍"), message.Pin(Bob, "7") })
            Assert.Equal(ErrorCodes.NotAMember, (await Log.AppendChangeAsync(change, Ct)).Error?.Code);
        var again = await Log.AppendAsync(Draft(AliceAndBob, Alice, "2", "secret"), Ct);
        Assert.Equal((message.Id, message.SeqNo, true, false), (again.Message.Id, again.Message.SeqNo, again.Duplicate, again.Message.IsShown));
        Assert.Equal(edit.SeqNo, (await Log.AppendChangeAsync(message.Edit(Alice, "3", "secret again"), Ct)).Value.Message.SeqNo);
        Assert.Equal(edit.SeqNo, await Log.GetHeadAsync(AliceAndBob, Ct));
    }

    [Fact]
    public async Task An_edit_does_not_move_when_a_message_expires()
    {
        await SetAsync(Alice, "1", 60);
        var message = await SayAsync("2");
        await SetAsync(Alice, "3", 3_600);
        await ChangeAsync(message.Edit(Alice, "4", "new") with { Now = Now.AddSeconds(50) });

        Assert.Equal(("new", Now.AddSeconds(60)), ($"{(await ReadAllAsync())[1].ShownText}", (await ReadAllAsync())[1].Content.ExpiresAt));
        Clock.SetUtcNow(Now.AddSeconds(60));
        Assert.False((await ReadAllAsync())[1].IsShown);
    }

    [Fact]
    public async Task Notices_and_timers_do_not_expire()
    {
        await SetAsync(Alice, "1", 5);
        var notice = (await Log.AppendAsync(
            new MessageDraft(AliceAndBob, Alice.Phone(), "2", new MessageContent(default) { Kind = MessageKind.Notice, Notice = new ConversationNotice("somethingNew") }, Now), Ct)).Message;
        Clock.SetUtcNow(Now.AddDays(1));

        Assert.Null(notice.Content.ExpiresAt);
        Assert.Equal([1, 2], (await ReadAllAsync()).Where(entry => entry.Content.IsChange).Select(entry => entry.SeqNo.Value));
    }

    [Fact]
    public async Task A_clock_that_goes_back_shows_again_what_is_not_erased()
    {
        await SetAsync(Alice, "1", 60);
        var message = await SayAsync("2");
        Clock.SetUtcNow(Now.AddDays(400));
        Assert.False((await ReadAllAsync())[1].IsShown);

        Clock.AdjustTime(Now.AddSeconds(10));

        Assert.Equal(message, (await ReadAllAsync())[1]);
        Assert.Equal(new OthersCount(1, IsAll: true), await CountAsync(Bob));
    }

    private async Task<LoggedMessage> SayAsync(string id, string text = "hello", Mentions? mentions = null) =>
        (await Log.AppendAsync(Draft(AliceAndBob, Alice, id) with { Content = MessageContent.Of(text) with { Mentions = mentions } }, Ct)).Message;

    private Task<LoggedMessage> SetAsync(UserId sender, string id, int seconds) => ChangeAsync(Timer(sender, id, seconds));

    private async Task<LoggedMessage> ChangeAsync(MessageDraft draft)
    {
        var appended = await Log.AppendChangeAsync(draft, Ct);
        Assert.False(appended.Value.Duplicate);
        return appended.Value.Message;
    }

    private async Task SameAsync(LoggedMessage entry, MessageDraft change)
    {
        var answer = (await Log.AppendChangeAsync(change, Ct)).Value;
        Assert.Equal((entry, true), (answer.Message, answer.Duplicate));
    }

    private async Task<IReadOnlyList<LoggedMessage>> ReadAllAsync() => await Log.ReadAfterAsync(AliceAndBob, SeqNo.None, 1_000, Ct);

    private async Task<OthersCount> CountAsync(UserId reader) => await Log.CountOthersAsync(AliceAndBob, reader, SeqNo.None, await Log.GetHeadAsync(AliceAndBob, Ct), 100, Ct);

    private static MessageDraft Timer(UserId sender, string id, int seconds) =>
        new(AliceAndBob, sender.Phone(), id, new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = seconds }, Now);
}

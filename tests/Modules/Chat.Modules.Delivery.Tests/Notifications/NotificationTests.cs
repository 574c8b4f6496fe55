using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>One thing at a time of what <see cref="NotificationProperties"/> checks together, and what it leaves out.</summary>
public sealed partial class NotificationTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Phone = World.Device("bob", "phone");
    private static readonly DeviceAddress Laptop = World.Device("bob", "laptop");
    private static readonly ConversationId Talk = World.Direct("alice", "bob");

    private readonly World _world = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private PushServer Push => _world.Push;

    private List<(PushSubscription To, PushNotification What, DateTimeOffset At)> Taken => Push.Platform.Taken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_absent_device_is_told_at_once_of_what_its_subscription_asked_for()
    {
        Push.Stores.Subscribe(Phone, content: PushContent.Full);
        Push.Stores.Subscribe(Laptop, content: PushContent.Sender);

        Say("hello");
        await PassAsync(Push.Times.FirstLook);

        Assert.Equal([("alice", "hello"), ("alice", null)], Taken.OrderByDescending(one => one.To.Device.Device.Value).Select(one => (one.What.Title, one.What.Body)));
        Assert.Single(Taken.Select(one => one.What.CollapseKey).Distinct());
        Assert.Equal(32, Taken[0].What.CollapseKey.Length);
    }

    [Fact]
    public async Task Messages_of_one_moment_are_told_once_with_the_newest()
    {
        Push.Stores.Subscribe(Phone);

        for (var n = 0; n < 5; n++)
            Say("hello");
        await PassAsync(Push.Times.FirstLook);

        Assert.Equal(5, Assert.Single(Taken).What.SeqNo.Value);
    }

    [Fact]
    public async Task A_connected_device_has_its_time_and_is_not_told_if_it_acks()
    {
        Push.Stores.Subscribe(Phone);
        Push.Stores.Subscribe(Laptop);
        _world.Connect(Phone, client => client.LoseAll());
        _world.Connect(Laptop, client => client.LoseAll());
        // A new device begins at the head.
        await _world.SettleAsync();

        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        Assert.Empty(Taken);
        await _world.AckAsync(Laptop, Talk, 1);
        await PassAsync(Push.Times.SecondLook);

        Assert.Equal(Phone, Assert.Single(Taken).To.Device);
    }

    [Fact]
    public async Task The_senders_own_devices_and_a_message_that_was_erased_are_not_told()
    {
        Push.Stores.Subscribe(World.Device("alice", "laptop"));
        Push.Stores.Subscribe(Phone);

        _world.Erase(Say("hello"));
        await PassAsync(Push.Times.FirstLook);

        Assert.Empty(Taken);
    }

    [Fact]
    public async Task A_muted_conversation_is_silent_but_for_an_answer_to_ones_own_message()
    {
        Push.Stores.Subscribe(Phone);
        _world.Muted.Add((Phone.User, Talk));
        var own = _world.Append(Talk, Phone);

        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        Assert.Empty(Taken);

        Say("an answer", replyTo: own.Message.Id);
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal(3, Assert.Single(Taken).What.SeqNo.Value);
    }

    [Fact]
    public async Task A_muted_conversation_is_silent_but_for_a_mention_and_for_what_is_in_ones_own_thread()
    {
        Push.Stores.Subscribe(Phone);
        _world.Muted.Add((Phone.User, Talk));
        var own = _world.Append(Talk, Phone);

        Note(_world.Append(Talk, Alice, MessageContent.Of("somebody else") with { Mentions = Mentions.Of([Alice.User]) }));
        await PassAsync(Push.Times.FirstLook);
        Assert.Empty(Taken);

        Note(_world.Append(Talk, Alice, MessageContent.Of("you") with { Mentions = Mentions.Of([Phone.User]) }));
        await PassAsync(Push.Times.FirstLook);
        Note(_world.Append(Talk, Alice, MessageContent.Of("all") with { Mentions = Mentions.All }));
        await PassAsync(Push.Times.FirstLook);
        Note(_world.Append(Talk, Alice, MessageContent.Of("in the thread") with { Thread = new MessageTarget(own.Message.Id, own.Message.SeqNo) }));
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal([3, 4, 5], Taken.Select(taken => taken.What.SeqNo.Value));
    }

    [Fact]
    public async Task What_is_read_elsewhere_is_withdrawn_and_what_the_device_reads_itself_is_not()
    {
        Push.Stores.Subscribe(Phone);
        Push.Stores.Subscribe(Laptop);
        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal(2, Taken.Count);

        await _world.AckAsync(Laptop, Talk, 1, AckStatus.Read);
        await PassAsync(TimeSpan.FromSeconds(1));

        var withdrawn = Taken[2];
        Assert.Equal((3, Phone, true, null), (Taken.Count, withdrawn.To.Device, withdrawn.What.IsWithdrawal, withdrawn.What.Message));
        await _world.AckAsync(Laptop, Talk, 1, AckStatus.Read);
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(3, Taken.Count);
    }

    [Fact]
    public async Task What_was_read_elsewhere_right_before_the_server_died_is_withdrawn_by_the_next()
    {
        Push.Stores.Subscribe(Phone);
        Push.Stores.Subscribe(Laptop);
        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        await _world.AckAsync(Laptop, Talk, 1, AckStatus.Read);
        await _world.CursorTable.SaveAsync(Ct);

        using var next = new World(beside: _world);
        for (var start = 0; start < 2; start++)
        {
            await next.Push.Withdrawals.FindLostAsync(Ct);
            while (await next.Push.SendDueAsync(Ct))
            {
            }
        }

        Assert.Equal([Phone], Taken.Where(one => one.What.IsWithdrawal).Select(one => one.To.Device));
    }

    [Fact]
    public async Task An_address_that_is_gone_is_asked_no_more()
    {
        Push.Stores.Subscribe(Phone);
        Push.Platform.Answer = _ => new PushOutcome.Gone(PushReason.Gone, 410);

        Say("hello");
        await PassAsync(Push.Times.FirstLook);

        Assert.Empty(Push.Stores.Subscriptions);
        await PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(0, (await Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);
    }

    [Fact]
    public async Task Attempts_come_with_growing_pauses_and_not_before_the_platform_asked_for()
    {
        Push.Stores.Subscribe(Phone);
        var attempts = new List<DateTimeOffset>();
        Push.Platform.Answer = _ =>
        {
            attempts.Add(_world.Clock.GetUtcNow());
            return new PushOutcome.Retry(PushReason.ServerError, attempts.Count == 4 ? TimeSpan.FromMinutes(20) : null, 503);
        };

        Say("hello");
        for (var n = 0; n < 3_600; n++)
            await PassAsync(TimeSpan.FromSeconds(1));

        var pauses = attempts.Zip(attempts.Skip(1), (a, b) => b - a).ToList();
        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.FromSeconds(0.5), TimeSpan.FromMinutes(21)));
        Assert.True(pauses[3] >= TimeSpan.FromMinutes(20));
        Assert.InRange(attempts.Count, 8, 25);
    }

    [Fact]
    public async Task After_a_day_it_is_given_up_and_the_next_message_is_told_again()
    {
        Push.Stores.Subscribe(Phone);
        Push.Platform.Answer = _ => new PushOutcome.Retry(PushReason.Unreachable, null, 0);
        Say("hello");
        for (var n = 0; n < 25 * 12; n++)
            await PassAsync(TimeSpan.FromMinutes(5));

        var letter = Assert.Single(Push.Stores.Dead);
        Assert.Equal((Phone, 1, PushReason.Unreachable), (letter.Device, letter.SeqNo.Value, letter.Reason));
        Assert.Equal(0, (await Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);

        Push.Platform.Answer = _ => null;
        Say("again");
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal(2, Assert.Single(Taken).What.SeqNo.Value);
    }

    [Fact]
    public async Task What_is_refused_for_good_holds_up_no_other_conversation_of_the_device()
    {
        var other = World.Direct("bob", "carol");
        Push.Stores.Subscribe(Phone);
        var asked = 0;
        Push.Platform.Answer = _ => asked++ == 0 ? new PushOutcome.Refused(PushReason.TooLarge, 413) : null;

        Say("hello");
        _world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Note(_world.Append(other, World.Device("carol")));
        await PassAsync(Push.Times.FirstLook);

        Assert.Equal(PushReason.TooLarge, Assert.Single(Push.Stores.Dead).Reason);
        Assert.Single(Taken);
    }

    [Fact]
    public async Task Of_a_device_that_changes_hands_between_two_notifications_the_second_does_not_go_to_the_old_address()
    {
        var old = Push.Stores.Subscribe(Phone, content: PushContent.Full);
        Push.Platform.Took = (_, _) => Push.Stores.RemoveAsync(Phone, null, Ct);

        Say("hello");
        Note(_world.Append(World.Direct("bob", "carol"), World.Device("carol")));
        await PassAsync(Push.Times.FirstLook);

        Assert.Equal(old, Assert.Single(Taken).To);
        Assert.Equal(0, (await Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);
    }

    [Fact]
    public async Task What_cannot_be_noted_as_told_is_not_told_again_every_few_seconds()
    {
        Push.Stores.Subscribe(Phone);
        var fails = false;
        Push.Platform.Took = (_, _) => fails = true;
        Push.Stores.Step = () =>
        {
            if (!fails)
                return;
            fails = false;
            throw new StoreUnavailableException("away");
        };

        Say("hello");
        for (var n = 0; n < 3_600; n++)
        {
            try
            {
                await PassAsync(TimeSpan.FromSeconds(1));
            }
            catch (StoreUnavailableException)
            {
            }
        }

        Assert.InRange(Taken.Count, 2, 40);
    }

    [Fact]
    public async Task The_worker_sends_what_becomes_due_here_and_elsewhere_and_settles_what_is_under_way_when_it_ends()
    {
        Push.Stores.Subscribe(Phone);
        await Push.Planner.StartAsync(Ct);
        await Push.Worker.StartAsync(Ct);

        Say("hello");
        await PassUntilTakenAsync(1);
        // By another server: nobody wakes this one.
        var elsewhere = _world.Append(Talk, Alice).Message;
        await Push.Stores.AddAsync(PushKind.WebPush, [new DueItem(Phone, Talk, elsewhere.SeqNo, elsewhere.Timestamp)], Ct);
        await PassUntilTakenAsync(2);
        await Push.Worker.StopAsync(Ct);
        await Push.Planner.StopAsync(Ct);

        Assert.Equal([1, 2], Taken.Select(one => one.What.SeqNo.Value));
        Assert.Equal(0, (await Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);

        Task PassUntilTakenAsync(int count) => Wait.UntilAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromMilliseconds(50));
                return Taken.Count == count;
            }, "it is told");
    }

    [Theory]
    [InlineData(8, 3)]
    [InlineData(50, 1_000)]
    public async Task Conversations_that_are_looked_at_for_long_hold_up_no_other(int slow, int members)
    {
        Push.Stores.Subscribe(Phone);
        var (held, begun) = (new TaskCompletionSource(), 0);
        Push.Stores.Reading = users =>
        {
            if (users.Contains(Phone.User))
                return Task.CompletedTask;
            Interlocked.Increment(ref begun);
            return held.Task;
        };
        await Push.Planner.StartAsync(Ct);
        for (var n = 0; n < slow; n++)
            Push.Watches.Note(_world.Group([.. Enumerable.Range(0, members).Select(user => $"user{n}-{user}")]), new SeqNo(1), null);
        await PassUntilAsync(() => Task.FromResult(Volatile.Read(ref begun) > 0));

        Say("hello");
        await PassUntilAsync(async () => (await Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices == 1);

        held.SetResult();
        await Push.Planner.StopAsync(Ct);

        Task PassUntilAsync(Func<Task<bool>> isSo) => Wait.UntilAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromMilliseconds(50));
                return isSo();
            }, "the planner has come so far");
    }

    [Fact]
    public async Task A_rebuild_that_takes_longer_than_its_lease_is_finished()
    {
        foreach (var n in Enumerable.Range(0, 300))
        {
            Push.Stores.Subscribe(World.Device($"user{n}"));
            _world.Feed.Append(_world.Append(World.Direct("alice", $"user{n}"), Alice).Message, isRaised: true);
        }
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Push.Stores.LoseDue();
        Push.Stores.Step = () => _world.Clock.Advance(TimeSpan.FromSeconds(1));

        await Push.Lost.RebuildAsync(Ct);

        Assert.Equal(300, (await Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);
        Assert.Equal(Rebuild.None, await Push.Stores.TryRebuildAsync(TimeSpan.FromMinutes(1), Ct));
    }

    private MessageAppended Say(string text, MessageId? replyTo = null)
    {
        var appended = _world.Append(Talk, Alice, text, replyTo: replyTo);
        Note(appended);
        return appended;
    }

    private void Note(MessageAppended appended) =>
        Push.Watches.Note(appended.Message.Conversation, appended.Message.SeqNo, appended.Message.Sender.User);

    private async Task PassAsync(TimeSpan time, bool sends = true)
    {
        _world.Clock.Advance(time);
        await Push.LookAsync(Ct);
        await Push.Withdrawals.LookAsync(Ct);
        while (sends && await Push.SendDueAsync(Ct))
        {
        }
    }
}

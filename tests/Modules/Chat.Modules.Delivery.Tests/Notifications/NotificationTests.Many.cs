using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Notifications;

// Many conversations and devices at once.
public sealed partial class NotificationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Conversations_that_found_no_room_are_watched_when_there_is_some(bool feedFailsOnce)
    {
        using var world = new World(push: new PushOptions { MaxWatches = 100 });
        foreach (var n in Enumerable.Range(0, 300))
            world.Push.Stores.Subscribe(World.Device($"user{n}"));
        await world.Push.Follower.StartAsync(new CancellationToken(canceled: true));
        await world.Push.Follower.CatchUpAsync(Ct);

        foreach (var n in Enumerable.Range(0, 300))
        {
            var appended = world.Append(World.Direct("alice", $"user{n}"), Alice);
            world.Push.Watches.Note(appended.Message.Conversation, appended.Message.SeqNo, Alice.User);
            world.Feed.Append(appended.Message, isRaised: true);
        }
        world.Feed.Reading = () =>
        {
            var fails = feedFailsOnce;
            feedFailsOnce = false;
            if (fails)
                throw new StoreUnavailableException("away");
        };
        Assert.InRange(world.Push.Watches.Count, 1, 100);
        for (var n = 0; n < 20; n++)
        {
            world.Clock.Advance(world.Push.Times.FirstLook);
            await world.Push.LookAsync(Ct);
            // What the follower waits for, room, comes by looks.
            var noting = world.Push.Follower.NoteOverflowAsync(Ct);
            while (!noting.IsCompleted)
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                await world.Push.LookAsync(Ct);
                await Task.Yield();
            }
            // The follower goes on after a fault.
            _ = await Record.ExceptionAsync(() => noting);
            await world.Push.Follower.SaveAsync(Ct);
            while (await world.Push.SendDueAsync(Ct))
            {
            }
        }

        Assert.Equal(300, world.Push.Platform.Taken.Select(one => one.To.Device).Distinct().Count());
    }

    [Fact]
    public async Task What_is_deleted_gives_way_to_what_else_was_told_and_is_withdrawn_when_nothing_is_left()
    {
        Push.Stores.Subscribe(Phone, content: PushContent.Full);
        var (first, second) = (Say("first"), Say("second"));
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal("second", Assert.Single(Taken).What.Body);

        await DeleteAsync(second);
        Assert.Equal((2, "first"), (Taken.Count, Taken[^1].What.Body));
        await DeleteAsync(first);
        Assert.Equal((3, true), (Taken.Count, Taken[^1].What.IsWithdrawal));

        Say("third");
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal((4, "third"), (Taken.Count, Taken[^1].What.Body));
    }

    [Fact]
    public async Task What_was_deleted_right_before_the_server_died_is_withdrawn_by_the_next()
    {
        Push.Stores.Subscribe(Phone);
        var deleted = Say("hello");
        await PassAsync(Push.Times.FirstLook);
        _world.Erase(deleted);

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
    public async Task A_message_to_users_without_a_subscription_costs_no_request_after_the_first()
    {
        Say("hello");
        await PassAsync(Push.Times.FirstLook);
        var reads = 0;
        Push.Stores.Step = () => reads++;

        for (var n = 0; n < 100; n++)
        {
            Say("hello");
            await PassAsync(Push.Times.FirstLook, sends: false);
        }

        Assert.Equal(0, reads);
        Assert.Equal(0, Push.Watches.Count);
    }

    private async Task DeleteAsync(MessageAppended appended)
    {
        _world.Erase(appended);
        var content = new MessageContent(default(Utf8Text))
        {
            Kind = MessageKind.Delete,
            Change = new MessageChange(new MessageTarget(appended.Message.Id, appended.Message.SeqNo)),
        };
        await new NotifyOnMessageAppended(Push.Watches).Handle(appended with { Message = appended.Message with { Content = content } }, Ct);
        await PassAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Keys_that_are_refused_are_said_once_a_minute_with_how_often()
    {
        var asked = 0;
        Push.Platform.Answer = _ =>
        {
            asked++;
            return new PushOutcome.Misconfigured(PushReason.BadCredentials, 403);
        };
        foreach (var n in Enumerable.Range(0, 50))
        {
            Push.Stores.Subscribe(World.Device($"user{n}"));
            Note(_world.Append(World.Direct("alice", $"user{n}"), Alice));
        }

        for (var second = 0; second < 300; second++)
            await PassAsync(TimeSpan.FromSeconds(1));

        var lines = Push.Logs.ValuesOf(4105);
        Assert.InRange(lines.Count, 2, 6);
        Assert.InRange(lines.Sum(line => (long)line["Times"]!), asked - 50, asked);
        Assert.All(lines, line => Assert.Equal((PushReason.BadCredentials, 403), (line["Reason"], line["Status"])));
    }

    [Fact]
    public async Task Conversations_that_cannot_be_looked_at_are_said_once_a_minute_with_how_many()
    {
        foreach (var n in Enumerable.Range(0, 50))
            Push.Watches.Note(World.Direct("alice", $"user{n}"), new SeqNo(1), null);
        var isAway = true;
        Push.Stores.Reading = _ => isAway ? throw new StoreUnavailableException("away") : Task.CompletedTask;

        for (var second = 0; second < 90; second++)
            await PassAsync(TimeSpan.FromSeconds(1), sends: false);

        var lines = Push.Logs.ValuesOf(4100);
        Assert.Equal(2, lines.Count);
        Assert.InRange(lines.Sum(line => (long)line["Times"]!), 50 * 60, 50 * 61);
        isAway = false;
        await PassAsync(TimeSpan.FromSeconds(1), sends: false);
        Assert.Equal(0, Push.Watches.Count);
    }

    [Fact]
    public async Task Notifications_that_are_given_up_for_one_reason_are_said_once_a_minute()
    {
        foreach (var n in Enumerable.Range(0, 50))
        {
            Push.Stores.Subscribe(World.Device($"user{n}"));
            Note(_world.Append(World.Direct("alice", $"user{n}"), Alice));
        }
        Push.Platform.Answer = _ => new PushOutcome.Refused(PushReason.TooLarge, 413);

        await PassAsync(Push.Times.FirstLook);

        Assert.Equal(50, Push.Stores.Dead.Count);
        Assert.Single(Push.Logs.ValuesOf(4106));
    }
}

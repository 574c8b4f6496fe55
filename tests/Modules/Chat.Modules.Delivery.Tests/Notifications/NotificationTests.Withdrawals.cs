using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Tests.Cursors;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>Withdrawals where the store cannot be asked for all that is shown, as a cluster's.</summary>
public sealed partial class NotificationTests
{
    [Fact]
    public async Task What_was_read_elsewhere_is_due_before_it_is_saved_as_read()
    {
        var store = new InMemoryCursorStore();
        using var world = new World(store: store);
        world.Push.Stores.Subscribe(Phone);
        world.Push.Stores.Subscribe(Laptop);
        await TellAsync(world);
        Task<Delivery.Notifications.Due.DueSummary>? due = null;
        store.Saving = () => due ??= world.Push.Stores.SummariseAsync(PushKind.WebPush, Ct);

        await world.AckAsync(Laptop, Talk, 1, AckStatus.Read);
        await world.CursorTable.SaveAsync(Ct);

        Assert.Equal(1, (await due!).Devices);
        // The server is killed here.
        using var next = new World(beside: world);
        await SendAsync(next);
        Assert.Equal([Phone], WithdrawnIn(world));
    }

    [Fact]
    public async Task A_queue_that_does_not_answer_does_not_hold_up_what_is_read()
    {
        using var world = new World();
        world.Push.Stores.Subscribe(Phone);
        world.Push.Stores.Subscribe(Laptop);
        await TellAsync(world);
        var isAway = true;
        world.Push.Stores.Step = () =>
        {
            if (isAway)
                throw new BuildingBlocks.Errors.StoreUnavailableException("Away.");
        };

        await world.AckAsync(Laptop, Talk, 1, AckStatus.Read);
        await world.CursorTable.SaveAsync(Ct);
        isAway = false;
        await world.Push.Withdrawals.LookAsync(Ct);
        await SendAsync(world);

        Assert.Equal([Phone], WithdrawnIn(world));
    }

    [Fact]
    public async Task What_was_read_on_another_server_is_withdrawn_by_one_that_does_not_know_it_yet()
    {
        using var world = new World(hasOthers: true);
        world.Push.Stores.Subscribe(Phone);
        world.Push.Stores.Subscribe(Laptop);
        await TellAsync(world);
        using var other = new World(beside: world, hasOthers: true);

        await world.AckAsync(Laptop, Talk, 1, AckStatus.Read);
        await world.Push.Withdrawals.LookAsync(Ct);
        await SendAsync(other);
        Assert.Empty(WithdrawnIn(world));
        await world.CursorTable.SaveAsync(Ct);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(other);

        Assert.Equal([Phone], WithdrawnIn(world));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await world.Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);
    }

    [Fact]
    public async Task What_is_looked_at_in_vain_is_looked_at_no_longer_than_a_read_may_be_unsaved()
    {
        using var world = new World(hasOthers: true);
        world.Push.Stores.Subscribe(Phone);
        await TellAsync(world);

        await world.Push.Due.AddAsync([.. world.Push.Stores.Subscriptions], Talk, new SeqNo(1), world.Clock.GetUtcNow(), Ct);
        for (var second = 0; second < 5; second++)
        {
            await SendAsync(world);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, (await world.Push.Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices);
        Assert.Single(world.Push.Platform.Taken);
    }

    [Fact]
    public async Task What_a_server_deleted_right_before_it_was_killed_is_found_in_the_feed()
    {
        await StartFollowingAsync(_world);
        Push.Stores.Subscribe(Phone);
        var message = Say("hello");
        _world.Feed.Append(message.Message, isRaised: true);
        await PassAsync(Push.Times.FirstLook);
        await Push.Follower.SaveAsync(Ct);

        _world.Erase(message);
        var change = await NoteDeletedAsync(message);
        _world.Feed.Append(change.Message, isRaised: true);
        // What is saved is what is finished.
        await Push.Follower.SaveAsync(Ct);
        _world.Feed.EndServer();

        using var next = new World(beside: _world);
        await StartFollowingAsync(next);
        next.Clock.Advance(next.Push.Times.FirstLook);
        await next.Push.LookAsync(Ct);
        await SendAsync(next);

        Assert.Equal([Phone], WithdrawnIn(_world));
    }

    [Fact]
    public async Task What_has_expired_is_withdrawn_and_what_has_not_is_told_in_its_place()
    {
        Push.Stores.Subscribe(Phone);
        var messages = new[] { Say("for a minute"), Say("for an hour") };
        await PassAsync(Push.Times.FirstLook);
        Assert.Single(Taken);

        _world.Erase(messages[1]);
        await new WithdrawOnMessagesExpired(Push.Watches).Handle(new MessagesExpired(Talk, messages[1].Message.SeqNo), Ct);
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal([(Phone, false), (Phone, false)], Taken.Select(one => (one.To.Device, one.What.IsWithdrawal)));

        _world.Erase(messages[0]);
        await new WithdrawOnMessagesExpired(Push.Watches).Handle(new MessagesExpired(Talk, messages[0].Message.SeqNo), Ct);
        await PassAsync(Push.Times.FirstLook);
        Assert.Equal([Phone], WithdrawnIn(_world));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_to_be_withdrawn_when_the_queues_are_lost_is_found_with_what_is_owed(bool isDeleted)
    {
        Push.Stores.Subscribe(Phone);
        Push.Stores.Subscribe(Laptop);
        var message = Say("hello");
        _world.Feed.Append(message.Message, isRaised: true);
        await PassAsync(Push.Times.FirstLook);
        await _world.AckAsync(Laptop, Talk, 1, isDeleted ? AckStatus.Delivered : AckStatus.Read);
        if (isDeleted)
            _world.Erase(message);
        await _world.CursorTable.SaveAsync(Ct);

        Push.Stores.LoseDue();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        using var next = new World(beside: _world);
        await next.Push.Lost.RebuildAsync(Ct);
        await SendAsync(next);

        // The laptop has it, and removes what it shows by itself.
        Assert.Equal([Phone], WithdrawnIn(_world));
    }

    private static DeviceAddress[] WithdrawnIn(World world) => [.. world.Push.Platform.Taken.Where(one => one.What.IsWithdrawal).Select(one => one.To.Device)];

    private static async Task TellAsync(World world)
    {
        var message = world.Append(Talk, Alice).Message;
        world.Push.Watches.Note(Talk, message.SeqNo, Alice.User);
        world.Clock.Advance(world.Push.Times.FirstLook);
        await world.Push.LookAsync(Ct);
        await SendAsync(world);
    }

    private static async Task SendAsync(World world)
    {
        while (await world.Push.SendDueAsync(Ct))
        {
        }
    }

    private static async Task StartFollowingAsync(World world)
    {
        await world.Push.Follower.StartAsync(new CancellationToken(canceled: true));
        await world.Push.Follower.CatchUpAsync(Ct);
    }

    private async Task<MessageAppended> NoteDeletedAsync(MessageAppended deleted)
    {
        var change = _world.Append(Talk, Alice, new MessageContent(default)
        {
            Kind = MessageKind.Delete, Change = new MessageChange(new MessageTarget(deleted.Message.Id, deleted.Message.SeqNo)),
        });
        await new NotifyOnMessageAppended(Push.Watches).Handle(change, Ct);
        return change;
    }
}

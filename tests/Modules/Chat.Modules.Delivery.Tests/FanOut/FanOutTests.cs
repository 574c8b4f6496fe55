using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.FanOut;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Delivery.Tests.FanOut;

public sealed class FanOutTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { MaxFanOutQueue = 4, PushThreshold = 3 });
    private readonly FanOutQueue _queue;
    private readonly LargeConversations _large;
    private readonly FanOutWorker _worker;
    private readonly FanOutOnMessageAppended _subscriber;

    public FanOutTests()
    {
        _queue = new FanOutQueue(_world.Options, _world.Metrics);
        _large = new LargeConversations(_world.Receivers, _world.Mediator, _world.Options, _world.Clock, NullLogger<LargeConversations>.Instance);
        _worker = new FanOutWorker(
            _queue, _world.Receivers, _large, _world.Mediator, _world.Options, _world.Metrics, _world.Clock, NullLogger<FanOutWorker>.Instance);
        _subscriber = new FanOutOnMessageAppended(_queue);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_reaches_every_device_of_every_member_and_nobody_else()
    {
        var group = _world.Group("alice", "bob");
        var (alice, laptop, bob, carol) = (
            await _world.ConnectedAsync(Alice), await _world.ConnectedAsync(World.Device("alice", "laptop")),
            await _world.ConnectedAsync(Bob), await _world.ConnectedAsync(World.Device("carol")));
        await _worker.StartAsync(Ct);

        await AppendedAsync(_world.Append(group, Alice));
        await Wait.UntilAsync(() => bob.Messages.Count == 1 && laptop.Messages.Count == 1, "the message");
        await _world.SettleAsync();

        Assert.Empty(alice.Messages);
        Assert.Empty(carol.Messages);
        Assert.True(Assert.Single(laptop.Events.OfType<MessageEvent>()).ToSender);
        Assert.False(Assert.Single(bob.Events.OfType<MessageEvent>()).ToSender);
    }

    [Fact]
    public async Task Published_out_of_order_they_arrive_in_order()
    {
        var bob = await _world.ConnectedAsync(Bob);
        await _worker.StartAsync(Ct);
        var appended = Enumerable.Range(0, 50).Select(_ => _world.Append(Here, Alice)).ToArray();
        new Random(1).Shuffle(appended);

        foreach (var message in appended)
            await AppendedAsync(message);
        await Wait.UntilAsync(() => bob.Messages.Count == 50, "all messages");

        Assert.Equal(Enumerable.Range(1, 50).Select(seqNo => (long)seqNo), bob.SeqNos);
    }

    [Fact]
    public async Task A_queue_that_overflows_keeps_the_conversations_and_everything_still_arrives()
    {
        var bob = await _world.ConnectedAsync(Bob);
        var others = Enumerable.Range(0, 10).Select(_ => _world.Group("alice", "bob")).ToList();
        // The worker does not run yet: all but a few find the queue full.
        foreach (var conversation in others.Append(Here))
            for (var i = 0; i < 5; i++)
                await AppendedAsync(_world.Append(conversation, Alice));

        await _worker.StartAsync(Ct);
        await Wait.UntilAsync(() => bob.Messages.Count == 55, "all messages");

        Assert.All(bob.Messages.GroupBy(message => message.Conversation), messages =>
            Assert.Equal([1, 2, 3, 4, 5], messages.Select(message => message.SeqNo.Value)));
    }

    [Fact]
    public async Task A_fan_out_that_fails_is_tried_again_though_no_other_message_follows()
    {
        var bob = await _world.ConnectedAsync(Bob);
        await _worker.StartAsync(Ct);
        _world.FailNext<GetMembers>();
        _world.FailNext<GetMembers>();

        await AppendedAsync(_world.Append(Here, Alice));
        await Wait.UntilAsync(() =>
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            return bob.Messages.Count == 1;
        }, "the message");
    }

    [Fact]
    public async Task A_server_that_ends_tells_of_large_conversations_first()
    {
        var group = _world.Group("alice", "bob", "carol", "dave");
        var bob = await _world.ConnectedAsync(Bob);
        await _large.StartAsync(Ct);
        _large.Advance(group, _world.Append(group, Alice).Message.SeqNo);

        await _large.StopAsync(Ct);

        await Wait.UntilAsync(() => bob.Count<AdvancedEvent>() == 1, "the hint");
    }

    [Fact]
    public async Task A_large_conversation_gets_one_hint_for_all_that_came_within_the_period()
    {
        var channel = _world.Group("alice", "bob", "carol", "dave");
        var bob = await _world.ConnectedAsync(Bob);
        await _worker.StartAsync(Ct);
        for (var i = 0; i < 20; i++)
            await AppendedAsync(_world.Append(channel, Alice));
        await _worker.StopAsync(Ct);
        Assert.Equal(0, bob.Count<AdvancedEvent>());

        await _large.StartAsync(Ct);
        await Wait.UntilAsync(() =>
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            return bob.Count<AdvancedEvent>() > 0;
        }, "the hint");
        await _large.StopAsync(Ct);
        await _world.SettleAsync();

        Assert.Equal(20, Assert.Single(bob.Events.OfType<AdvancedEvent>()).MaxSeqNo.Value);
        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task Stopping_works_off_what_waits()
    {
        var bob = await _world.ConnectedAsync(Bob);
        for (var i = 0; i < 3; i++)
            await AppendedAsync(_world.Append(Here, Alice));

        await _worker.StartAsync(Ct);
        await _worker.StopAsync(Ct);
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3], bob.SeqNos);
    }

    public void Dispose()
    {
        _queue.Complete();
        _worker.Dispose();
        _large.Dispose();
        _world.Dispose();
    }

    private Task AppendedAsync(MessageAppended appended) => _subscriber.Handle(appended, Ct);
}

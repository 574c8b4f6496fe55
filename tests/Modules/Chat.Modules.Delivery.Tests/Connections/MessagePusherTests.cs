using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class MessagePusherTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { UnackedWindow = 64 });
    private readonly ConnectionParts _bob;

    public MessagePusherTests()
    {
        _bob = new ConnectionParts(_world, Bob);
        _bob.Window.Drain(new DrainList());
    }

    [Fact]
    public void A_message_that_follows_the_last_one_is_pushed_and_in_flight()
    {
        var window = _bob.Loaded(Here);

        Push(_world.Append(Here, Alice));

        Assert.IsType<MessageEvent>(Assert.Single(_bob.Taken()));
        Assert.Equal((1, 1, false), (window.Pushed.Value, _bob.Window.Unacked, _bob.Window.HasToRead));
    }

    [Fact]
    public void The_same_message_again_is_ignored()
    {
        _bob.Loaded(Here);
        var appended = _world.Append(Here, Alice);

        Push(appended);
        Push(appended);

        Assert.Single(_bob.Taken());
    }

    [Fact]
    public void After_a_gap_the_log_is_read()
    {
        var window = _bob.Loaded(Here);
        _world.Append(Here, Alice);

        Push(_world.Append(Here, Alice));

        Assert.Empty(_bob.Taken());
        Assert.Same(window, _bob.Window.TakeToRead());
    }

    [Fact]
    public void In_a_conversation_whose_cursor_is_not_known_the_log_is_read()
    {
        Push(_world.Append(Here, Alice));

        Assert.Empty(_bob.Taken());
        Assert.False(_bob.Window.TakeToRead()!.IsLoaded);
    }

    [Fact]
    public void The_devices_own_message_is_not_pushed_and_what_follows_it_is()
    {
        _bob.Loaded(Here);

        Push(_world.Append(Here, Bob));
        Push(_world.Append(Here, Alice));

        Assert.Equal([2], _bob.Taken().Cast<MessageEvent>().Select(item => item.Message.SeqNo.Value));
        Assert.Equal(1, _bob.Window.Unacked);
    }

    [Fact]
    public void Where_the_outbox_has_no_room_for_messages_the_log_is_read()
    {
        var window = _bob.Loaded(Here);
        for (var i = 0; i < 4; i++)
            _bob.SendQueue.Add(new News());

        Push(_world.Append(Here, Alice));

        Assert.DoesNotContain(_bob.Taken(), item => item is MessageEvent);
        Assert.Same(window, _bob.Window.TakeToRead());
    }

    [Fact]
    public async Task What_was_read_is_pushed_as_far_as_there_is_room_and_the_rest_is_read_again()
    {
        await _bob.Drain.RunAsync(TestContext.Current.CancellationToken);
        var window = _bob.Loaded(Here);
        for (var i = 0; i < 6; i++)
            _world.Append(Here, Alice);

        _bob.Pusher.PushRead(window, SeqNo.None, _world.Log(Here));

        Assert.Equal([1, 2, 3, 4], _bob.Taken().Cast<MessageEvent>().Select(item => item.Message.SeqNo.Value));
        Assert.True(window.HasUnpushed);
        Assert.Same(window, _bob.Window.TakeToRead());
    }

    public void Dispose() => _world.Dispose();

    private void Push(MessageAppended appended) => _bob.Pusher.Push(appended, new MessageEvent(appended.Message, toSender: false));
}

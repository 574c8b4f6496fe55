using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>The parts of a connection, without the connection: nothing runs unless the test runs it.</summary>
internal sealed class ConnectionParts
{
    private readonly DeviceAddress _device;

    public ConnectionParts(World world, DeviceAddress device)
    {
        _device = device;
        SendQueue = new SendQueue(maxEvents: 8, maxBytes: 1_000_000, maxAnswers: 8, maxAnswerBytes: 1_000_000);
        Window = new SendWindow(world.Options.Value, world.Clock);
        var gate = new Lock();
        Drain = new Drain(gate, device, SendQueue, Window, world.Services);
        Resync = new Resync(SendQueue, Window, Drain, world.Metrics);
        Pusher = new MessagePusher(device, SendQueue, Window, Drain, Resync, world.Metrics);
        Reader = new LogReader(gate, device, SendQueue, Window, Drain, Pusher, world.Services);
    }

    public SendQueue SendQueue { get; }

    public SendWindow Window { get; }

    public Drain Drain { get; }

    public Resync Resync { get; }

    public MessagePusher Pusher { get; }

    public LogReader Reader { get; }

    /// <summary>The conversation's window, its cursor at the beginning.</summary>
    public ConversationWindow Loaded(ConversationId conversation)
    {
        var window = Window.Get(conversation);
        Window.Load(window, new Cursor(new CursorKey(_device.User, _device.Device, conversation), default, _ => { }), SeqNo.None);
        return window;
    }

    /// <summary>What waits to be written, which is taken.</summary>
    public List<ServerEvent> Taken()
    {
        var batch = new List<ServerEvent>();
        SendQueue.TakeBatch(batch);
        Resync.Taken(batch);
        return batch;
    }
}

internal static class MessagePusherReads
{
    /// <summary>What a member of all that was ever written has read.</summary>
    public static void PushRead(this MessagePusher pusher, ConversationWindow window, SeqNo after, IReadOnlyList<LoggedMessage> messages) =>
        pusher.PushRead(window, new MemberRead(new Membership(SeqNo.None, SeqNo.None), after, messages, new Dictionary<SeqNo, IReadOnlyList<string>>()));
}

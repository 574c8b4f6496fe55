using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>What changes while the reader does not hold the connection's gate.</summary>
public sealed class LogReaderTests : IDisposable
{
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new();
    private readonly ConnectionParts _bob;

    public LogReaderTests() => _bob = new ConnectionParts(_world, World.Device("bob"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_sent_again_where_a_resync_came_before_the_step_ran()
    {
        await _bob.Drain.RunAsync(Ct);
        var window = _bob.Loaded(Here);
        _world.Append(Here, World.Device("alice"));
        _bob.Pusher.PushRead(window, SeqNo.None, _world.Log(Here));
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        _bob.Window.QueueOverdue();
        Assert.True(_bob.Window.HasOverdue);
        _bob.Resync.Begin();
        _bob.Taken();

        await _bob.Reader.ResendAsync(Ct);

        Assert.Empty(_bob.Taken());
    }

    [Fact]
    public async Task A_conversation_that_is_being_read_is_not_dropped_as_idle()
    {
        await _bob.Drain.RunAsync(Ct);
        var window = _bob.Loaded(Here);
        _world.Append(Here, World.Device("alice"));
        window.ReadsToEnd = true;
        _bob.Window.QueueToRead(window);
        _world.MeanwhileOf<ReadLog>(LoadOthers);

        await _bob.Reader.ReadNextAsync(Ct);

        Assert.Equal(1, Assert.IsType<MessageEvent>(Assert.Single(_bob.Taken())).Message.SeqNo.Value);
    }

    [Fact]
    public async Task A_conversation_that_was_read_and_is_idle_can_be_dropped()
    {
        await _bob.Drain.RunAsync(Ct);
        var window = _bob.Loaded(Here);
        window.ReadsToEnd = true;
        _bob.Window.QueueToRead(window);
        _world.MeanwhileOf<ReadLog>(LoadOthers);
        await _bob.Reader.ReadNextAsync(Ct);
        Assert.True(_bob.Window.Has(window));

        LoadOthers();

        Assert.False(_bob.Window.Has(window));
    }

    public void Dispose() => _world.Dispose();

    // More than are kept while they are idle.
    private void LoadOthers()
    {
        for (var n = 0; n < 600; n++)
            _bob.Loaded(World.Direct("bob", $"user{n}"));
    }
}

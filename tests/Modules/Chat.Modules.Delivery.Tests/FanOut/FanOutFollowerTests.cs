using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.FanOut;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Modules.Delivery.Tests.FanOut;

public sealed class FanOutFollowerTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { MaxCatchUp = 3 });
    private readonly InMemoryFeed _feed = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_was_not_fanned_out_when_the_server_died_reaches_who_is_connected()
    {
        var bob = await _world.ConnectedAsync(Bob);
        await using (var first = await RunAsync())
        {
            first.Queue.Offer(Append(isRaised: true));
            await Wait.UntilAsync(() => bob.Messages.Count == 1, "the message");
            await NotedAsync(first, 1);
        }
        // Acked, and then the server is killed: nobody was told.
        Append(isRaised: true);
        Append(isRaised: false);
        _feed.EndServer();

        await using var next = await RunAsync();
        await Wait.UntilAsync(() => bob.Messages.Count == 3, "the messages");

        Assert.Equal([1, 2, 3], bob.SeqNos);
    }

    [Fact]
    public async Task What_another_server_left_reaches_who_is_connected_here_and_is_done_then()
    {
        var bob = await _world.ConnectedAsync(Bob);
        await using var run = await RunAsync();
        Append(isRaised: false);
        _feed.EndServer();

        await run.Follower.CatchUpAsync(Ct);
        await Wait.UntilAsync(() => bob.Messages.Count == 1, "the message");

        await Wait.UntilAsync(() => run.Queue.HasSettled(run.Queue.Offered()), "rest");
        await run.Follower.SaveAsync(Ct);
        Assert.Empty(await _feed.FindUnfinishedAsync("fan-out", Ct));
    }

    [Fact]
    public async Task What_was_left_is_not_done_before_it_has_reached_the_connections()
    {
        await using var run = await RunAsync();
        Append(isRaised: false);
        _feed.EndServer();
        _world.FailNext<GetMembers>();

        await run.Follower.CatchUpAsync(Ct);
        await Wait.UntilAsync(() => run.Queue.Lanes.Any(lane => !lane.Overflow.IsEmpty), "the failure");
        await run.Follower.SaveAsync(Ct);

        Assert.NotEmpty(await _feed.FindUnfinishedAsync("fan-out", Ct));
    }

    [Fact]
    public async Task The_position_waits_for_what_is_on_its_way()
    {
        await using var run = await RunAsync();
        _world.FailNext<GetMembers>();
        _world.FailNext<GetMembers>();
        run.Queue.Offer(Append(isRaised: true));
        await Wait.UntilAsync(() => run.Queue.Lanes.Any(lane => !lane.Overflow.IsEmpty), "the failure");

        await run.Follower.SaveAsync(Ct);
        Assert.Equal(0, _feed.SavedBy("fan-out"));
        Append(isRaised: false);

        await Wait.UntilAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromSeconds(1));
                return run.Queue.HasSettled(run.Queue.Offered());
            },
            "the fan-out");
        await NotedAsync(run, 1);
    }

    [Fact]
    public async Task A_server_that_never_followed_does_not_begin_with_the_whole_past()
    {
        for (var n = 0; n < 3; n++)
            Append(isRaised: true);
        _feed.EndServer();

        await using var run = await RunAsync();

        Assert.All(run.Queue.Lanes, lane => Assert.Empty(lane.Overflow));
    }

    [Fact]
    public async Task It_looks_at_so_many_messages_and_no_more()
    {
        await _feed.FindUnfinishedAsync("fan-out", Ct);
        for (var n = 0; n < 5; n++)
            Append(isRaised: true);
        _feed.EndServer();
        var queue = new FanOutQueue(_world.Options, _world.Metrics);

        await using var follower = new Run(_world, _feed, queue);
        await follower.Follower.StartAsync(Ct);

        Assert.Equal(3, Assert.Single(queue.Lanes.SelectMany(lane => lane.Overflow)).Value.Value);
    }

    private async Task NotedAsync(Run run, long position)
    {
        await Wait.UntilAsync(() => run.Queue.HasSettled(run.Queue.Offered()), "rest");
        await run.Follower.SaveAsync(Ct);
        Assert.Equal(position, _feed.SavedBy("fan-out"));
    }

    private MessageAppended Append(bool isRaised)
    {
        var appended = _world.Append(Here, Alice);
        _feed.Append(appended.Message, isRaised);
        return appended;
    }

    private async Task<Run> RunAsync()
    {
        var run = new Run(_world, _feed, new FanOutQueue(_world.Options, _world.Metrics));
        await run.Follower.StartAsync(Ct);
        await run.Worker.StartAsync(Ct);
        return run;
    }

    /// <summary>A server's fan-out. Ended it notes nothing more, as one that is killed.</summary>
    private sealed class Run(World world, InMemoryFeed feed, FanOutQueue queue) : IAsyncDisposable
    {
        private readonly LargeConversations _large =
            new(world.Receivers, world.Mediator, world.Options, world.Clock, NullLogger<LargeConversations>.Instance);

        private FanOutWorker? _worker;
        private FanOutFollower? _follower;

        public FanOutQueue Queue => queue;

        public FanOutFollower Follower => _follower ??= new(feed, queue, world.Options, world.Clock, NullLogger<FanOutFollower>.Instance);

        public FanOutWorker Worker => _worker ??= new(
            queue, world.Receivers, _large, world.Mediator, world.Options, world.Metrics, world.Clock, NullLogger<FanOutWorker>.Instance);

        public async ValueTask DisposeAsync()
        {
            if (_worker is not null)
                await _worker.StopAsync(CancellationToken.None);
            _worker?.Dispose();
            _follower?.Dispose();
            _large.Dispose();
        }
    }
}

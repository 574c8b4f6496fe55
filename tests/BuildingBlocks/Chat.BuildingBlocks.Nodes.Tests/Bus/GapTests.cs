using System.Text;
using Chat.BuildingBlocks.Nodes.Bus;
using Chat.BuildingBlocks.Nodes.Tests.Running;
using Chat.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests.Bus;

/// <summary>What a node makes of the numbers that another one sends.</summary>
public sealed class GapTests : IAsyncLifetime
{
    private RedisServer _redis = null!;
    private TestNode _node = null!;
    private ScriptedNode _other = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync();
        _node = await TestNode.StartAsync(_redis, TestNode.Lease(60_000));
        _other = await new ScriptedNode(_node).JoinAsync();
    }

    [Fact]
    public async Task A_number_that_is_not_the_next_is_told_once_and_before_the_message()
    {
        await _other.SendAsync(_node, 2, "one", "two");
        await _other.SendAsync(_node, 5, "five");
        await _other.SendAsync(_node, 6, "six");

        await _node.ReceivesAsync("six");
        Assert.Equal(["one", "two", "missed", "five", "six"], _node.Received);
    }

    [Fact]
    public async Task A_first_message_that_is_missing_is_told()
    {
        await _other.SendAsync(_node, 2, "two");

        await _node.ReceivesAsync("two");
        Assert.Equal(["missed", "two"], _node.Received);
    }

    [Fact]
    public async Task A_last_message_that_is_missing_is_told_by_the_beat_and_once()
    {
        await _other.SendAsync(_node, 1, "one");
        await _other.SendAsync(_node, 3);
        await _other.SendAsync(_node, 3);
        await _other.SendAsync(_node, 4, "four");

        await _node.ReceivesAsync("four");
        Assert.Equal(["one", "missed", "four"], _node.Received);
    }

    [Fact]
    public async Task A_beat_that_tells_nothing_new_changes_nothing()
    {
        await _other.SendAsync(_node, 0);
        await _other.SendAsync(_node, 1, "one");
        await _other.SendAsync(_node, 1);
        await _other.SendAsync(_node, 2, "two");

        await _node.ReceivesAsync("two");
        Assert.Equal(["one", "two"], _node.Received);
    }

    [Fact]
    public async Task What_comes_twice_is_taken_once()
    {
        await _other.SendAsync(_node, 2, "one", "two");
        await _other.SendAsync(_node, 2, "one", "two");
        await _other.SendAsync(_node, 3, "two", "three");

        await _node.ReceivesAsync("three");
        Assert.Equal(["one", "two", "three"], _node.Received);
    }

    [Fact]
    public async Task A_stream_that_begins_anew_is_a_gap_and_goes_on()
    {
        await _other.SendAsync(_node, 2, "one", "two");
        _other.Stream = 8;
        await _other.SendAsync(_node, 1, "new one");
        await _other.SendAsync(_node, 2, "new two");

        await _node.ReceivesAsync("new two");
        Assert.Equal(["one", "two", "missed", "new one", "new two"], _node.Received);
    }

    [Fact]
    public async Task A_topic_that_nobody_here_knows_is_passed_over()
    {
        await _other.SendAsync(_node, 1, "of.a.later-version", ["one"]);
        await _other.SendAsync(_node, 2, "two");

        await _node.ReceivesAsync("two");
        Assert.Equal(["two"], _node.Received);
    }

    [Fact]
    public async Task What_is_no_batch_is_passed_over_and_half_a_batch_is_a_gap()
    {
        var half = new System.Buffers.ArrayBufferWriter<byte>();
        new Batch { From = _other.Id, Stream = _other.Stream, Last = 3, Count = 3 }.WriteHead(half);
        Batch.WriteMessage(half, "test", Encoding.UTF8.GetBytes("one"));

        await _other.SendAsync(_node, Encoding.UTF8.GetBytes("nonsense"));
        await _other.SendAsync(_node, new byte[] { 255 });
        await _other.SendAsync(_node, half.WrittenMemory);
        await _other.SendAsync(_node, 4, "four");

        await _node.ReceivesAsync("four");
        Assert.Equal(["one", "missed", "four"], _node.Received);
    }

    [Fact]
    public async Task A_node_that_is_not_live_is_not_heard()
    {
        var stranger = new ScriptedNode(_node);
        await _other.SendAsync(_node, 1, "one");
        await _node.ReceivesAsync("one");
        await _other.LeaveAsync();
        await _node.Membership.RenewedAsync(TestContext.Current.CancellationToken);

        // As a process that stood still sends what it had, when it goes on.
        await _other.SendAsync(_node, 2, "stale");
        await stranger.SendAsync(_node, 1, "strange");
        var third = await new ScriptedNode(_node).JoinAsync();
        await third.SendAsync(_node, 1, "three");

        await _node.ReceivesAsync("three");
        await _node.Membership.RenewedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["one", "three"], _node.Received);
    }

    [Fact]
    public async Task A_node_that_joins_while_it_is_found_not_to_be_there_is_told_what_comes()
    {
        var joining = new ScriptedNode(_node);
        var told = new TaskCompletionSource();
        await using var channel = await _node.Redis.SubscribeAsync("test", BusServices.ChannelOf(joining.Id), message =>
        {
            if (Batch.TryRead(message, out var batch) && batch.Count > 0)
                told.TrySetResult();
        });
        // As the keeper of the lease does it when Redis has named the node, at the moment in which its first message has been found to be of nobody.
        ((RedisBus)_node.Bus).Add(joining.Id);
        await joining.SendAsync(_node, 1, "one");
        await _node.Membership.RenewedAsync(TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => _node.Received.Contains("one") || _node.Dropped > 0, "its message was taken or dropped");

        _node.Bus.Send(joining.Id, "test", Encoding.UTF8.GetBytes("hello"));

        await told.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }
}

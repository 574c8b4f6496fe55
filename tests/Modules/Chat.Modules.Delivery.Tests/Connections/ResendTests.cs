using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class ResendTests : IDisposable
{
    private static readonly DeviceAddress Alice = World.Device("alice");
    private static readonly DeviceAddress Bob = World.Device("bob");
    private static readonly ConversationId Here = World.Direct("alice", "bob");

    private readonly World _world = new(new DeliveryOptions { ResendAfterMs = 5_000, ResendAtMostEveryMs = 20_000 });

    [Fact]
    public async Task An_unacked_message_is_sent_again_after_pauses_that_double_up_to_the_longest()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        var resentAt = new List<int>();
        for (var second = 1; second <= 80; second++)
        {
            var before = bob.Messages.Count;
            _world.Sweep(TimeSpan.FromSeconds(1));
            await _world.SettleAsync();
            if (bob.Messages.Count > before)
                resentAt.Add(second);
        }

        Assert.Equal([5, 15, 35, 55, 75], resentAt);
    }

    [Fact]
    public async Task What_is_acked_is_not_sent_again_and_what_is_not_is()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        _world.Say(Here, Bob);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();
        await _world.AckAsync(Bob, Here, 1);

        _world.Sweep(TimeSpan.FromSeconds(5));
        await _world.SettleAsync();

        Assert.Equal([1, 3, 4, 3, 4], bob.SeqNos);
    }

    [Fact]
    public async Task What_still_waits_to_be_written_is_not_sent_again()
    {
        var bob = await _world.ConnectedAsync(Bob);
        bob.Stall();
        _world.Say(3, Here, Alice);
        await _world.SettleAsync();

        _world.Sweep(TimeSpan.FromSeconds(60));
        bob.Release();
        await _world.SettleAsync();

        Assert.Equal([1, 2, 3], bob.SeqNos);
    }

    [Fact]
    public async Task An_ack_during_the_read_of_a_resend_counts()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(2, Here, Alice);
        await _world.SettleAsync();
        _world.MeanwhileOf<ReadLog>(() => bob.Connection.Ack(Here, new SeqNo(1), null, []));

        _world.Sweep(TimeSpan.FromSeconds(5));
        await _world.SettleAsync();

        Assert.Equal([1, 2, 2], bob.SeqNos);
    }

    [Fact]
    public async Task Nothing_is_sent_again_to_a_member_who_was_removed_meanwhile()
    {
        var group = _world.Group("alice", "bob");
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(group, Alice);
        await _world.SettleAsync();
        _world.MeanwhileOf<ReadLog>(() => bob.Connection.Leave(group));

        _world.Sweep(TimeSpan.FromSeconds(5));
        await _world.SettleAsync();

        Assert.Equal([1], bob.SeqNos);
    }

    [Fact]
    public async Task Only_connections_that_wait_for_an_ack_are_looked_at()
    {
        await _world.ConnectedAsync(Alice);
        await _world.ConnectedAsync(Bob);
        await _world.SettleAsync();
        _world.Sweep(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _world.Services.Resends.Count);

        _world.Say(2, Here, Alice);
        await _world.SettleAsync();
        Assert.Equal(1, _world.Services.Resends.Count);
        _world.Sweep(TimeSpan.FromSeconds(5));
        await _world.SettleAsync();
        Assert.Equal(1, _world.Services.Resends.Count);

        await _world.AckAsync(Bob, Here, 2);
        _world.Sweep(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _world.Services.Resends.Count);
        _world.Say(3, Here, Alice);
        await _world.SettleAsync();
        Assert.Equal(1, _world.Services.Resends.Count);
    }

    [Fact]
    public async Task A_connection_that_has_ended_is_looked_at_no_more()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();

        bob.Connection.Dispose();
        _world.Sweep(TimeSpan.FromSeconds(1));

        Assert.Equal(0, _world.Services.Resends.Count);
    }

    [Fact]
    public async Task The_sweep_runs_by_itself()
    {
        var bob = await _world.ConnectedAsync(Bob);
        _world.Say(Here, Alice);
        await _world.SettleAsync();
        using var sweep = new ResendSweep(_world.Services.Resends, _world.Options, _world.Clock);
        await sweep.StartAsync(TestContext.Current.CancellationToken);

        await Wait.UntilAsync(() =>
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            return bob.Messages.Count > 1;
        }, "the resend");

        await sweep.StopAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose() => _world.Dispose();
}

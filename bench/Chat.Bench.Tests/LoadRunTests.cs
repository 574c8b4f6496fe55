using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.Tests;

/// <summary>Small loads on the real relay, and on a stand-in for the host that can be told to break its promises.</summary>
public sealed class LoadRunTests
{
    private static readonly LoadOptions Small = new()
    {
        Pairs = 3, InFlight = 2, Rate = 200, Seconds = 1, TextBytes = 40, BothDirections = true, QuietDeadline = TimeSpan.FromSeconds(15),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LoadMode.Closed)]
    [InlineData(LoadMode.Open)]
    [InlineData(LoadMode.Turns)]
    internal async Task A_load_on_the_relay_arrives_whole(LoadMode mode)
    {
        await using var relay = await Server.StartRelayAsync(likeHost: null, Ct);

        var result = await LoadRun.RunAsync(Small with { Mode = mode }, relay, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.True(result.Sent > 0);
        Assert.Null(result.SentToReceipt);
        Assert.NotNull(result.ServerCpuMicrosecondsPerMessage);
    }

    [Theory]
    [InlineData(Door.Ws, false)]
    [InlineData(Door.Hub, false)]
    [InlineData(Door.Ws, true)]
    [InlineData(Door.Hub, true)]
    internal async Task Pairs_and_groups_arrive_whole_through_each_door_of_the_relay(Door door, bool tls)
    {
        using var certificate = new TestCertificate();
        await using var relay = await Server.StartRelayAsync(likeHost: null, Ct, tls ? certificate : null);

        var result = await LoadRun.RunAsync(Small with { Door = door, Groups = 1, GroupSize = 5, Senders = 2 }, relay, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.True(result.Arrived > result.Acked, result.ToString());
    }

    [Fact]
    public async Task A_host_is_loaded_with_accounts_acks_and_receipts()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small, server, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.NotNull(result.SentToReceipt);
        // At most 32 messages an ack; the last ones of each receiver may still be gathered at the end.
        Assert.InRange(host.DeliveredAcks, (int)(result.Arrived / 40), (int)result.Arrived);
    }

    [Fact]
    public async Task Each_message_is_acked_by_itself_where_that_is_wanted()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { AckEach = true }, server, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.Equal(result.Arrived, host.DeliveredAcks);
    }

    [Fact]
    public async Task Users_who_take_turns_never_send_two_in_a_row()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { Mode = LoadMode.Turns, InFlight = 1 }, server, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.True(result.Sent > 2 * Small.Pairs, result.ToString());
        Assert.Equal(0, host.TwiceTheSameSender);
    }

    [Fact]
    public async Task All_members_of_a_group_write_and_each_gets_what_the_others_wrote()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { Pairs = 0, Groups = 2, GroupSize = 4 }, server, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.Equal(3 * result.Acked, result.Arrived);
        Assert.Equal(2, result.Conversations.Count);
    }

    [Fact]
    public async Task A_member_who_only_writes_acks_the_groups_notices_too()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { Pairs = 0, Groups = 1, GroupSize = 4, Senders = 1 }, server, Ct);

        Assert.True(result.IsClean, result.ToString());
        Assert.Equal(LoadConversation.Members(0, 4, 1).Select(member => member.Name), host.InGroups.Order());
    }

    [Fact]
    public async Task A_message_that_one_member_of_a_group_does_not_get_is_found()
    {
        await using var host = await HostStandIn.StartAsync(HostFault.LosesTheTenth);
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { Pairs = 0, Groups = 1, GroupSize = 4, QuietDeadline = TimeSpan.FromMilliseconds(500) }, server, Ct);

        Assert.Equal(1, result.AckedButMissing);
        Assert.False(result.IsClean);
    }

    [Fact]
    public async Task Latencies_between_users_of_one_server_and_of_two_are_told_apart()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var one = Server.At(host.Address, isRelay: false, processId: null);
        await using var two = Server.At(host.Address, isRelay: false, processId: null);

        var mixed = await LoadRun.RunAsync(Small with { Pairs = 4 }, [one, two], null, Ct);
        var across = await LoadRun.RunAsync(Small with { Across = true }, [one, two], null, Ct);

        Assert.True(mixed.IsClean && across.IsClean, $"{mixed}{across}");
        Assert.Equal(mixed.SentToDelivered!.Count, mixed.SameServer!.SentToDelivered!.Count + mixed.Across!.SentToDelivered!.Count);
        Assert.Equal(mixed.SentToAck!.Count, mixed.SameServer.SentToAck!.Count + mixed.Across.SentToAck!.Count);
        Assert.Null(across.SameServer!.SentToDelivered);
        Assert.NotNull(across.Across!.SentToDelivered);
    }

    [Fact]
    public async Task A_second_generator_logs_in_with_the_accounts_of_the_first()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var first = Server.At(host.Address, isRelay: false, processId: null);
        await using var second = Server.At(host.Address, isRelay: false, processId: null);

        await first.Accounts.RegisterAsync(["alice"], Ct);
        await second.Accounts.RegisterAsync(["alice"], Ct);

        Assert.Equal(first.Accounts.TokenOf("alice"), second.Accounts.TokenOf("alice"));
    }

    [Fact]
    public async Task An_acked_message_that_never_arrives_is_found()
    {
        await using var host = await HostStandIn.StartAsync(HostFault.LosesTheTenth);
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { QuietDeadline = TimeSpan.FromMilliseconds(500) }, server, Ct);

        Assert.Equal(1, result.AckedButMissing);
        Assert.False(result.IsClean);
    }

    [Fact]
    public async Task A_message_that_comes_twice_is_counted_and_no_fault()
    {
        await using var host = await HostStandIn.StartAsync(HostFault.RepeatsTheTenth);
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small, server, Ct);

        Assert.Equal(1, result.Duplicates);
        Assert.True(result.IsClean, result.ToString());
    }

    [Fact]
    public async Task Messages_that_change_places_are_found()
    {
        await using var host = await HostStandIn.StartAsync(HostFault.TurnsTheNumbersBack);
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small, server, Ct);

        Assert.True(result.OutOfOrder > 0);
        Assert.False(result.IsClean);
    }

    [Fact]
    public async Task A_refusal_is_named()
    {
        await using var host = await HostStandIn.StartAsync(HostFault.RefusesTheTenth);
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { QuietDeadline = TimeSpan.FromMilliseconds(500) }, server, Ct);

        Assert.Equal(1, result.Troubles["unavailable"]);
        Assert.False(result.IsClean);
    }
}

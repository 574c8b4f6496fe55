using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>Three servers of one database, connected by a Redis, and what their users see of one another.</summary>
[Collection(TestsOfSeveralServers.Name)]
public sealed class SeveralServersTests(SeveralServers shared) : IAsyncLifetime
{
    private ServerProcess One => shared.Servers[0];

    private ServerProcess Two => shared.Servers[1];

    private ServerProcess Three => shared.Servers[2];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        await shared.StartAsync();
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Users_of_three_servers_write_to_one_another_as_if_they_were_on_one()
    {
        var alice = await Account.RegisterAsync(One, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(Two, Account.UniqueId("bob"));
        var talk = alice.DirectTo(bob);
        await using var a = await alice.ConnectCaughtUpAsync();
        await using var b = await bob.ConnectCaughtUpAsync();
        await using var hub = await HubClient.ConnectAsync(await Account.LogInAsync(Three, bob.UserId, "browser"));
        await hub.ExpectAsync("caughtUp");

        await a.TypingAsync(new { conversationId = talk, active = true });
        await b.ExpectAsync("typing", typing => typing.Is("userId", alice.UserId));
        for (var number = 1; number <= 20; number++)
            await a.SendTextAsync(talk, $"{number}", $"{number}");
        foreach (var device in new IChatClient[] { b, hub })
            Assert.Equal(Numbers(20), (await device.ReceiveUpToAsync(talk, 20)).Select(message => message.Number("seqNo")));
        await hub.AckAsync(talk, 20, "read");

        await a.ExpectAsync("ack", ack => ack.Is("status", "delivered") && ack.Is("userId", bob.UserId));
        await a.ExpectAsync("ack", ack => ack.Is("status", "read") && ack.Number("seqNo") == 20);
        await b.ExpectAsync("ack", ack => ack.Is("status", "read") && ack.Is("userId", bob.UserId));
        Assert.Equal(20, b.Received.All.Count(frame => frame.Type == "message"));
        Assert.Single(b.Received.All, frame => frame.Type == "caughtUp");
    }

    [Fact]
    public async Task A_device_that_connects_to_another_server_replaces_its_connection_there()
    {
        var alice = await Account.RegisterAsync(One, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(One, Account.UniqueId("bob"));
        await using var old = await bob.ConnectCaughtUpAsync();

        await using var young = await bob.At(Two).ConnectCaughtUpAsync();

        Assert.Equal(4000, (await old.Closed.WaitAsync(Until.Patience, TestContext.Current.CancellationToken)).Code);
        await using var a = await alice.ConnectCaughtUpAsync();
        await a.SendTextAsync(alice.DirectTo(bob), "here", "1");
        await young.ExpectAsync("message");
        Assert.False(young.Closed.IsCompleted);
    }

    [Fact]
    public async Task What_is_sent_while_redis_loses_all_dies_and_comes_back_empty_is_delivered_live()
    {
        var (alice, bob) = (await Account.RegisterAsync(One, Account.UniqueId("alice")), await Account.RegisterAsync(Two, Account.UniqueId("bob")));
        var talk = alice.DirectTo(bob);
        await using var a = await alice.ConnectCaughtUpAsync();
        await using var b = await bob.ConnectCaughtUpAsync();

        await shared.Redis.CommandAsync("FLUSHALL");
        await a.SendTextAsync(talk, "after FLUSHALL", "1");
        var received = await b.ReceiveUpToAsync(talk, 1);
        await shared.Redis.KillAsync();
        await a.SendTextAsync(talk, "without Redis", "2");
        await shared.Redis.StartAgainAsync();
        await b.ReceiveUpToAsync(talk, 2, received: received);
        await a.SendTextAsync(talk, "with it", "3");
        await b.ReceiveUpToAsync(talk, 3, received: received);

        Assert.Equal(Numbers(3), received.Select(message => message.Number("seqNo")));
        Assert.Single(b.Received.All, frame => frame.Type == "caughtUp");
    }

    [Fact]
    public async Task A_server_that_stood_still_for_three_leases_sends_its_clients_away_and_nothing_stale()
    {
        var (alice, bob) = (await Account.RegisterAsync(One, Account.UniqueId("alice")), await Account.RegisterAsync(Two, Account.UniqueId("bob")));
        var talk = alice.DirectTo(bob);
        await using var a = await alice.ConnectCaughtUpAsync();
        await using var stuck = await bob.ConnectCaughtUpAsync();

        Two.Pause();
        try
        {
            // The client has given up on the server that does not answer.
            await using var elsewhere = await bob.At(Three).ConnectCaughtUpAsync();
            await a.SendTextAsync(talk, "one", "1");
            await elsewhere.ReceiveUpToAsync(talk, 1);
            var paused = TimeProvider.System.GetTimestamp();
            await Until.TrueAsync(
                () => TimeProvider.System.GetElapsedTime(paused) >= TimeSpan.FromMilliseconds(3 * Settings.LeaseMs), "three leases are over");
            Two.Continue();

            var closing = await stuck.Closed.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
            Assert.True(closing.Code is 1001 or 4000, $"{closing}");
            Assert.DoesNotContain(stuck.Received.All, frame => frame.Type == "message");
            await a.SendTextAsync(talk, "two", "2");
            await elsewhere.ReceiveUpToAsync(talk, 2);
            Assert.False(elsewhere.Closed.IsCompleted);
        }
        finally
        {
            Two.Continue();
        }
        await using var again = await bob.At(Two).ConnectCaughtUpAsync();
        await a.SendTextAsync(talk, "three", "3");
        await again.ReceiveUpToAsync(talk, 3);
    }

    private static IEnumerable<long> Numbers(int last) => Enumerable.Range(1, last).Select(number => (long)number);
}

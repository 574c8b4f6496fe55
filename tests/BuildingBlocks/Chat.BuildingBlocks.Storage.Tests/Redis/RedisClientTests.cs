using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>The client and a Redis that comes and goes.</summary>
public sealed class RedisClientTests : IAsyncLifetime
{
    private readonly TestMeters _meters = new();
    private RedisServer _server = null!;
    private RedisClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _server = await RedisServer.StartAsync();
        _client = await RedisClients.StartAsync(_server, _meters);
    }

    [Fact]
    public async Task A_script_runs_on_the_keys_of_the_prefix()
    {
        await _client.CountAsync();

        Assert.Equal(2, await _client.CountAsync());
        Assert.Equal("chat:{test}", await _server.CommandAsync("keys", "*"));
    }

    [Fact]
    public async Task A_Redis_that_begins_with_nothing_is_asked_on()
    {
        await _client.CountAsync();
        await _server.KillAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _client.CountAsync());
        var wasUp = _client.IsUp;

        await _server.StartAgainAsync();

        await Wait.UntilAsync(() => _client.TryCountAsync("{other}"), "Redis answers again");
        Assert.Equal(1, await _client.CountAsync());
        Assert.False(wasUp);
        Assert.True(_client.IsUp);
    }

    [Fact]
    public async Task Scripts_that_Redis_forgets_are_sent_again()
    {
        await _client.CountAsync();

        await _server.CommandAsync("script", "flush");

        Assert.Equal(2, await _client.CountAsync());
    }

    [Fact]
    public async Task A_Redis_that_hangs_fails_the_command_in_time_and_answers_when_it_goes_on()
    {
        await _client.CountAsync();
        await _server.PauseAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _client.CountAsync());
        await _server.ContinueAsync();

        await Wait.UntilAsync(() => _client.TryCountAsync(), "Redis answers again");
    }

    [Fact]
    public async Task A_channel_s_messages_come_in_their_order_and_whole()
    {
        var received = new ConcurrentQueue<string>();
        await using var subscription = await _client.SubscribeAsync("test", "{a}", message => received.Enqueue(Encoding.UTF8.GetString(message.Span)));

        for (var i = 0; i < 100; i++)
            Assert.Equal(1, await _client.PublishAsync("test", "{a}", Encoding.UTF8.GetBytes($"{i}")));

        await Wait.UntilAsync(() => received.Count == 100, "all messages have come");
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), received);
    }

    [Fact]
    public async Task A_subscription_outlives_the_Redis_and_ends_when_it_is_disposed_of()
    {
        var received = new ConcurrentQueue<string>();
        var subscription = await _client.SubscribeAsync("test", "{a}", message => received.Enqueue(Encoding.UTF8.GetString(message.Span)));
        await _server.KillAsync();
        await _server.StartAgainAsync();

        await Wait.UntilAsync(() => TryPublishAsync("again"), "the channel has its subscriber again");
        await subscription.DisposeAsync();

        Assert.Equal(0, await _client.PublishAsync("test", "{a}", Encoding.UTF8.GetBytes("after")));
        Assert.Equal(["again"], received);
    }

    [Fact]
    public async Task A_subscriber_that_fails_gets_the_next_message_all_the_same()
    {
        var received = new ConcurrentQueue<string>();
        await using var subscription = await _client.SubscribeAsync("test", "{a}", message =>
        {
            received.Enqueue(Encoding.UTF8.GetString(message.Span));
            throw new InvalidOperationException("This test says no.");
        });

        await _client.PublishAsync("test", "{a}", Encoding.UTF8.GetBytes("one"));
        await _client.PublishAsync("test", "{a}", Encoding.UTF8.GetBytes("two"));

        await Wait.UntilAsync(() => received.Count == 2, "both have come");
    }

    [Fact]
    public async Task A_server_starts_without_Redis_and_finds_it_later()
    {
        await _server.KillAsync();

        await using var late = await RedisClients.StartAsync(new RedisOptions { ConnectionString = _server.Address, StartTimeoutMs = 0 }, _meters);
        var wasUp = late.IsUp;
        await _server.StartAgainAsync();

        await Wait.UntilAsync(() => late.TryCountAsync(), "Redis is found");
        Assert.False(wasUp);
    }

    [Fact]
    public async Task Commands_bytes_and_failures_are_counted_by_purpose()
    {
        var counted = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        var meter = _meters.Create("Chat");
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == meter && instrument.Name.StartsWith("chat.redis.", StringComparison.Ordinal))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.AddOrUpdate($"{instrument.Name} {tags[0].Value}", value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => counted.AddOrUpdate($"{instrument.Name} {tags[0].Value}", 1, (_, sum) => sum + 1));
        listener.Start();

        await _client.CountAsync();
        await using var subscription = await _client.SubscribeAsync("bus", "{a}", _ => { });
        await _client.PublishAsync("bus", "{a}", new byte[100]);
        await Wait.UntilAsync(() => counted.GetValueOrDefault("chat.redis.messages bus") == 1, "the message has come");
        await _server.KillAsync();
        await _client.TryCountAsync();

        Assert.Equal(1, counted["chat.redis.commands test"]);
        Assert.Equal("chat:{test}1".Length, counted["chat.redis.sent test"]);
        Assert.Equal(2, counted["chat.redis.received test"]);
        Assert.Equal(100, counted["chat.redis.sent bus"]);
        Assert.Equal(100, counted["chat.redis.received bus"]);
        Assert.Equal(1, counted["chat.redis.failures test"]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _meters.Dispose();
    }

    private async Task<bool> TryPublishAsync(string message)
    {
        try
        {
            return await _client.PublishAsync("test", "{a}", Encoding.UTF8.GetBytes(message)) == 1;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}

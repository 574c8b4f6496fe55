using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>A key of ours that somebody has given another type.</summary>
public sealed class RedisWrongKeyTests : IAsyncLifetime
{
    private const int Refused = 7109;
    private const int WrongKeyRemoved = 7111;

    private readonly TestMeters _meters = new();
    private readonly LogLines _log = new();
    private RedisServer _server = null!;
    private RedisClient _client = null!;
    private int _removed;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _server = await RedisServer.StartAsync($"--user {RedisUser.Documented("secret")}");
        _client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = $"{_server.Address},user=chat,password=secret", StartTimeoutMs = 60_000 }, _meters, _log);
        _client.KeyRemoved += () => _removed++;
    }

    [Fact]
    public async Task It_is_removed_and_named_and_what_belongs_there_is_made_again()
    {
        await _server.CommandAsync("set", "chat:{test}", "no count");

        Assert.Equal(1, await _client.CountAsync());
        Assert.Equal(2, await _client.CountAsync());
        Assert.Equal("zset", await _server.CommandAsync("type", "chat:{test}"));
        var line = Assert.Single(_log.Of(WrongKeyRemoved));
        Assert.Contains("The key chat:{test} ", line, StringComparison.Ordinal);
        Assert.Contains("sorted set", line, StringComparison.Ordinal);
        Assert.Empty(_log.Of(Refused));
        Assert.Equal(1, _removed);
    }

    [Fact]
    public async Task What_says_that_all_is_there_goes_with_it()
    {
        await _server.CommandAsync("set", "chat:{test}", "no count");
        await _server.CommandAsync("set", "chat:{test}:whole", "yes");

        await _client.RunAsync(RedisClients.Count, [_client.KeyOf("{test}")], [1], _client.KeyOf("{test}:whole"));

        Assert.Equal("0", await _server.CommandAsync("exists", "chat:{test}:whole"));
        Assert.Equal(0, _removed);
    }

    [Fact]
    public async Task Where_it_may_not_be_removed_the_line_says_what_to_do_and_the_server_goes_on_when_that_is_done()
    {
        await _server.CommandAsync("acl", "setuser", "chat", "-del");
        await _server.CommandAsync("set", "chat:{test}", "no count");

        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => _client.CountAsync());
        await _server.CommandAsync("unlink", "chat:{test}");

        Assert.Equal(1, await _client.CountAsync());
        Assert.Equal(2, _log.Of(Refused).Count);
        Assert.Contains("ACL SETUSER chat +del ", _log.Of(Refused)[0], StringComparison.Ordinal);
        Assert.Contains("redis-cli UNLINK 'chat:{test}'", _log.Of(Refused)[1], StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _meters.Dispose();
    }
}

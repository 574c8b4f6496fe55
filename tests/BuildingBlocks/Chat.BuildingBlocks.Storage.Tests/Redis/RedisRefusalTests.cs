using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>What Redis refuses: said once, with what to do, while all else goes on.</summary>
public sealed class RedisRefusalTests : IDisposable
{
    private const int Unavailable = 7101;
    private const int Refused = 7109;
    private const int RefusedNoMore = 7110;

    private readonly TestMeters _meters = new();
    private readonly LogLines _log = new();

    [Theory]
    [InlineData("-zadd", "may not run ZADD. Grant it: ACL SETUSER chat +zadd")]
    [InlineData("-pexpire", "may not run PEXPIRE. Grant it: ACL SETUSER chat +pexpire")]
    [InlineData("-eval", "may not run EVAL. Grant it: ACL SETUSER chat +eval")]
    [InlineData("-publish", "may not run PUBLISH. Grant it: ACL SETUSER chat +publish")]
    [InlineData("-subscribe", "may not run SUBSCRIBE. Grant it: ACL SETUSER chat +subscribe")]
    [InlineData("resetkeys ~other:*", "may not use its keys. Grant them: ACL SETUSER chat ~chat:*")]
    [InlineData("resetchannels &other:*", "may not use its channels. Grant them: ACL SETUSER chat &chat:*")]
    public async Task What_the_user_may_not_do_is_said_once_and_the_metric_stays_down(string without, string advice)
    {
        await using var server = await StartAsync(without);
        await using var client = await RedisClients.StartAsync(Options(server), _meters, _log);
        var up = new List<int>();

        for (var i = 0; i < 20; i++)
        {
            await client.TryCountAsync();
            await TryAsync(async () => await (await client.SubscribeAsync("test", "{a}", _ => { })).DisposeAsync());
            await TryAsync(() => client.PublishAsync("test", "{a}", new byte[1]));
            up.Add(Up());
        }

        Assert.All(up, value => Assert.Equal(0, value));
        Assert.All(_log.Of(Refused), line => Assert.Contains(advice, line, StringComparison.Ordinal));
        // Channels are refused to both who sends and who listens.
        Assert.Equal(without.Contains("channels", StringComparison.Ordinal) ? 2 : 1, _log.Of(Refused).Count);
        Assert.Empty(_log.Of(Unavailable));
    }

    [Theory]
    [InlineData("-echo", "may not run ECHO. Grant it: ACL SETUSER chat +echo")]
    [InlineData("-info", "may not run INFO. Grant it: ACL SETUSER chat +info")]
    public async Task What_connecting_needs_and_may_not_do_is_said_once_and_the_server_connects_when_it_is_granted(string without, string advice)
    {
        await using var server = await StartAsync(without);
        await using var client = await RedisClients.StartAsync(Options(server, startTimeoutMs: 0), _meters, _log);
        await Wait.UntilAsync(() => _log.Of(Refused).Count > 0, "the refusal is said");

        await server.CommandAsync("acl", "setuser", "chat", without.Replace('-', '+'));

        await Wait.UntilAsync(() => client.TryCountAsync(), "Redis lets the server in");
        Assert.Contains(advice, Assert.Single(_log.Of(Refused)), StringComparison.Ordinal);
        Assert.Equal(1, Up());
    }

    [Fact]
    public async Task What_is_granted_is_done_and_said_once()
    {
        var clock = new FakeTimeProvider();
        await using var server = await StartAsync("-zadd");
        await using var client = await RedisClients.StartAsync(Options(server), _meters, _log, clock);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => client.CountAsync());

        await server.CommandAsync("acl", "setuser", "chat", "+zadd");
        clock.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(1, await client.CountAsync());
        Assert.Equal(2, await client.CountAsync());
        Assert.Contains("count.lua", Assert.Single(_log.Of(RefusedNoMore)), StringComparison.Ordinal);
        Assert.Equal(1, Up());
    }

    [Fact]
    public async Task What_is_refused_every_other_time_is_said_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = server.Address }, _meters, _log);

        for (var i = 0; i < 20; i++)
        {
            await server.CommandAsync("config", "set", "maxmemory", i % 2 == 0 ? "1" : "0");
            await client.TryCountAsync();
        }

        Assert.Contains("OOM", Assert.Single(_log.Of(Refused)), StringComparison.Ordinal);
        Assert.Empty(_log.Of(RefusedNoMore));
    }

    [Theory]
    [InlineData("ERR Error running script (call to f_4ad0): @user_script:2: @user_script: 2: The user executing the script can't run this command or subcommand", "+zadd")]
    [InlineData("NOPERM User chat has no permissions to run the 'zadd' command script: 4ad0, on @user_script:2.", "+zadd")]
    [InlineData("NOPERM this user has no permissions to run the 'get' command or its subcommand", "+get")]
    [InlineData("NOPERM No permissions to access a key", "~chat:*")]
    [InlineData("NOPERM No permissions to access a channel", "&chat:*")]
    public void Other_versions_of_Redis_are_understood(string answer, string grant) =>
        Assert.Contains($"ACL SETUSER default {grant} ", RedisRefusal.Of(answer, null, "chat", RedisClients.Count).Fault, StringComparison.Ordinal);

    [Fact]
    public void The_document_lists_each_command_of_the_scripts_and_no_line_of_one_runs_two()
    {
        var granted = RedisUser.Documented("secret").Split(' ').Where(word => word[0] == '+').Select(word => word[1..].ToUpperInvariant()).ToHashSet();
        var scripts = Directory.GetFiles(Path.Combine(Path.GetDirectoryName(Here())!, "../../../../src"), "*.lua", SearchOption.AllDirectories);

        Assert.NotEmpty(scripts);
        foreach (var line in scripts.SelectMany(File.ReadLines))
        {
            var calls = Regex.Matches(line, @"redis\.p?call\('([A-Z]+)'", RegexOptions.None, TimeSpan.FromSeconds(1));
            Assert.True(calls.Count <= 1, line);
            Assert.All(calls, call => Assert.Contains(call.Groups[1].Value, granted));
        }
    }

    public void Dispose() => _meters.Dispose();

    private static Task<RedisServer> StartAsync(string without)
    {
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        return RedisServer.StartAsync($"--user {RedisUser.Documented("secret")} {without}");
    }

    private static RedisOptions Options(RedisServer server, int startTimeoutMs = 60_000) =>
        new() { ConnectionString = $"{server.Address},user=chat,password=secret", StartTimeoutMs = startTimeoutMs };

    private static async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (StoreUnavailableException)
        {
            // Refused, which is looked at in the log.
        }
    }

    private int Up()
    {
        var up = -1;
        using var listener = new MeterListener();
        var meter = _meters.Create("Chat");
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == meter && instrument.Name == "chat.redis.up")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => up = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return up;
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

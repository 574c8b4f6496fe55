using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>Passwords, users and certificates.</summary>
public sealed class RedisLogInTests : IDisposable
{
    private const int NotConnected = 7103;
    private const int Refused = 7109;
    private const int RefusedNoMore = 7110;

    private readonly TestMeters _meters = new();

    public RedisLogInTests() => Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);

    [Fact]
    public async Task The_right_password_is_let_in()
    {
        await using var server = await RedisServer.StartAsync("--requirepass secret");

        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = $"{server.Address},password=secret" }, _meters);

        Assert.Equal(1, await client.CountAsync());
    }

    [Theory]
    [InlineData(",password=wrong")]
    [InlineData(",user=nobody,password=wrong")]
    [InlineData("")]
    public async Task A_server_whose_login_is_refused_says_why_once_and_starts_without_Redis(string login)
    {
        var log = new LogLines();
        await using var server = await RedisServer.StartAsync("--requirepass secret");

        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = server.Address + login, StartTimeoutMs = 0 }, _meters, log);
        await Wait.UntilAsync(() => log.Of(Refused).Count > 0, "the refusal is said");
        var before = await RefusedCallsAsync(server);
        await Wait.UntilAsync(async () => await RefusedCallsAsync(server) > 2 * before, "the server has tried again");

        Assert.False(client.IsUp);
        var line = Assert.Single(log.Of(Refused));
        Assert.Contains("the login is refused", line, StringComparison.Ordinal);
        Assert.Contains("Redis:ConnectionString", line, StringComparison.Ordinal);
        Assert.DoesNotContain(log.All, text => text.Contains("wrong", StringComparison.Ordinal));
        Assert.Empty(log.Of(NotConnected));
    }

    [Fact]
    public async Task A_password_that_is_put_right_in_Redis_needs_no_restart_of_a_server_that_started_without_it()
    {
        var log = new LogLines();
        await using var server = await RedisServer.StartAsync("--requirepass other");
        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = $"{server.Address},password=secret", StartTimeoutMs = 0 }, _meters, log);
        await Wait.UntilAsync(() => log.Of(Refused).Count > 0, "the refusal is said");

        await server.CommandAsync("--no-auth-warning", "-a", "other", "config", "set", "requirepass", "secret");

        await Wait.UntilAsync(() => client.TryCountAsync(), "Redis lets the server in");
        Assert.Single(log.Of(Refused));
        Assert.Single(log.Of(RefusedNoMore));
    }

    [Fact]
    public async Task A_password_that_is_changed_while_the_server_runs_is_said_and_needs_no_restart_when_it_is_put_right()
    {
        var log = new LogLines();
        await using var server = await RedisServer.StartAsync("--requirepass secret");
        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = $"{server.Address},password=secret" }, _meters, log);

        await server.CommandAsync("--no-auth-warning", "-a", "secret", "config", "set", "requirepass", "other");
        await server.CommandAsync("--no-auth-warning", "-a", "other", "client", "kill", "type", "normal");
        await server.CommandAsync("--no-auth-warning", "-a", "other", "client", "kill", "type", "pubsub");
        await Wait.UntilAsync(async () => !await client.TryCountAsync() && log.Of(Refused).Count > 0, "the refusal is said");
        var wasUp = client.IsUp;
        await server.CommandAsync("--no-auth-warning", "-a", "other", "config", "set", "requirepass", "secret");

        await Wait.UntilAsync(() => client.TryCountAsync(), "Redis lets the server in");
        Assert.False(wasUp);
        Assert.Contains("the login is refused", Assert.Single(log.Of(Refused)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_with_the_rights_that_the_document_lists_can_do_all()
    {
        await using var server = await RedisServer.StartAsync($"--user {RedisUser.Documented("secret")}", "--user default off");

        await using var client = await RedisClients.StartAsync(
            new RedisOptions { ConnectionString = $"{server.Address},user=chat,password=secret", StartTimeoutMs = 60_000 }, _meters);
        await using var subscription = await client.SubscribeAsync("test", "{a}", _ => { });

        Assert.Equal(1, await client.CountAsync());
        Assert.Equal(1, await client.PublishAsync("test", "{a}", new byte[1]));
    }

    [Fact]
    public async Task A_Redis_with_a_certificate_of_the_authority_is_trusted()
    {
        using var files = new TemporaryFolder();
        Certificates.Make(files.Path, IPAddress.Loopback).Dispose();
        await using var server = await StartEncryptedAsync(files);

        await using var client = await RedisClients.StartAsync(Encrypted(server, files), _meters);

        Assert.Equal(1, await client.CountAsync());
    }

    [Fact]
    public async Task A_Redis_with_a_certificate_of_somebody_else_is_the_operators_mistake()
    {
        using var files = new TemporaryFolder();
        using var others = new TemporaryFolder();
        Certificates.Make(files.Path, IPAddress.Loopback).Dispose();
        Certificates.Make(others.Path, IPAddress.Loopback).Dispose();
        await using var server = await StartEncryptedAsync(files);

        var refusal = await Assert.ThrowsAsync<StorageException>(() => RedisClients.StartAsync(Encrypted(server, others), _meters));

        Assert.Contains("Redis:TlsAuthority", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost,nonsense=1", "", "Redis:ConnectionString cannot be read")]
    [InlineData("ssl=true", "", "it names no host")]
    [InlineData("localhost", "/authority.pem", "Redis:TlsAuthority is of no use without ssl=true")]
    [InlineData("a:6379,b:6379,serviceName=chat,user=chat,password=secret,ssl=true", "/authority.pem", null)]
    [InlineData("", "", null)]
    public void A_connection_string_that_cannot_be_read_is_said(string connection, string authority, string? fault)
    {
        var options = new RedisOptions { ConnectionString = connection, TlsAuthority = authority };

        var found = options.Validate(new ValidationContext(options)).SingleOrDefault()?.ErrorMessage;

        if (fault is null)
            Assert.Null(found);
        else
            Assert.Contains(fault, found, StringComparison.Ordinal);
    }

    public void Dispose() => _meters.Dispose();

    private static async Task<int> RefusedCallsAsync(RedisServer server) =>
        Regex.Matches(await server.CommandAsync("--no-auth-warning", "-a", "secret", "info", "commandstats"), @"(?:rejected|failed)_calls=(\d+)", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Sum(count => int.Parse(count.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    private static Task<RedisServer> StartEncryptedAsync(TemporaryFolder files) => RedisServer.StartEncryptedAsync(
        $"--tls-cert-file {files["server.pem"]}", $"--tls-key-file {files["server.key"]}", $"--tls-ca-cert-file {files["authority.pem"]}", "--tls-auth-clients no");

    private static RedisOptions Encrypted(RedisServer server, TemporaryFolder files) => new()
    {
        ConnectionString = $"{server.Address},ssl=true", TlsAuthority = files["authority.pem"], ConnectTimeoutMs = 20_000, StartTimeoutMs = 60_000,
    };
}

using System.ComponentModel.DataAnnotations;
using System.Net;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>Passwords, users and certificates.</summary>
public sealed class RedisLogInTests : IDisposable
{
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
    public async Task A_login_that_is_refused_is_the_operators_mistake(string login)
    {
        await using var server = await RedisServer.StartAsync("--requirepass secret");

        var refusal = await Assert.ThrowsAsync<StorageException>(
            () => RedisClients.StartAsync(new RedisOptions { ConnectionString = server.Address + login, StartTimeoutMs = 60_000 }, _meters));

        Assert.Contains("refuses the login", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", refusal.Message, StringComparison.Ordinal);
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

    private static Task<RedisServer> StartEncryptedAsync(TemporaryFolder files) => RedisServer.StartEncryptedAsync(
        $"--tls-cert-file {files["server.pem"]}", $"--tls-key-file {files["server.key"]}", $"--tls-ca-cert-file {files["authority.pem"]}", "--tls-auth-clients no");

    private static RedisOptions Encrypted(RedisServer server, TemporaryFolder files) => new()
    {
        ConnectionString = $"{server.Address},ssl=true", TlsAuthority = files["authority.pem"], ConnectTimeoutMs = 20_000, StartTimeoutMs = 60_000,
    };
}

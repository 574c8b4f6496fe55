using System.Net;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Host.Tests.Running;
using Dapper;

namespace Chat.Host.Tests.Identity;

public sealed class AccountTests : IAsyncDisposable
{
    private static readonly string Long = string.Concat(Enumerable.Repeat("a long one ", 24))[..256];

    private readonly TestHost _host = new();

    [Fact]
    public async Task A_registered_user_has_tokens_that_let_it_in()
    {
        var registered = (await _host.RegisterAsync("alice")).Expect(HttpStatusCode.Created);

        Assert.Equal(900, registered.Json.GetProperty("expiresIn").GetInt32());
        Assert.Equal("no-store", registered.Header("Cache-Control"));
        var devices = (await _host.GetAsync("/v1/devices", registered.AccessToken)).Expect(HttpStatusCode.OK);
        var device = Assert.Single(devices.Json.GetProperty("devices").EnumerateArray());
        Assert.Equal("phone", device.GetProperty("deviceId").GetString());
        Assert.True(device.GetProperty("current").GetBoolean());
    }

    [Fact]
    public async Task A_taken_id_is_a_conflict_and_keeps_its_password()
    {
        await _host.RegisterAsync("alice");

        var taken = await _host.RegisterAsync("alice", password: "battery staple");

        taken.ExpectProblem(HttpStatusCode.Conflict, "conflict");
        (await _host.LogInAsync("alice", password: "battery staple")).Expect(HttpStatusCode.Unauthorized);
        (await _host.LogInAsync("alice")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_many_who_register_an_id_at_once_one_gets_it()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _host.RegisterAsync("alice", password: $"password {i}")));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_are_answered_alike()
    {
        await _host.RegisterAsync("alice");

        var wrong = (await _host.LogInAsync("alice", password: "not the password")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        var unknown = (await _host.LogInAsync("nobody", password: "not the password")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        Assert.Equal(wrong.Body, unknown.Body);
        Assert.Equal("Bearer", wrong.Header("WWW-Authenticate"));
    }

    [Theory]
    [InlineData("""{"userId":"alice","password":"short","deviceId":"phone"}""")]
    [InlineData("""{"userId":"al/ice","password":"correct horse","deviceId":"phone"}""")]
    [InlineData("""{"userId":"alice","password":"correct horse","deviceId":""}""")]
    [InlineData("""{"userId":"alice","password":"correct horse"}""")]
    [InlineData("""{"userId":"alice","password":null,"deviceId":"phone"}""")]
    [InlineData("""{"userId":"alice","password":"\ud800 and more","deviceId":"phone"}""")]
    [InlineData("""{"userId":"alice","password":12345678,"deviceId":"phone"}""")]
    [InlineData("""{"userId":"alice","password":"correct horse","deviceId":"phone","deviceName":"a\u0000b"}""")]
    [InlineData("""{"userId":"alice","userId":"bob","password":"correct horse","deviceId":"phone"}""")]
    public async Task What_is_not_well_formed_is_a_bad_request(string body)
    {
        var answer = await _host.SendAsync(
            HttpMethod.Post, "/v1/auth/register", content: new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        answer.ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task A_password_has_at_most_256_characters()
    {
        (await _host.RegisterAsync("alice", password: Long)).Expect(HttpStatusCode.Created);
        (await _host.LogInAsync("alice", password: Long)).Expect(HttpStatusCode.OK);

        (await _host.RegisterAsync("bob", password: new string('x', 257))).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await _host.LogInAsync("alice", password: new string('x', 257))).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task A_refresh_token_gives_the_next_pair()
    {
        var first = await _host.RegisterAsync("alice");

        var second = (await _host.RefreshAsync(first.RefreshToken)).Expect(HttpStatusCode.OK);
        var third = (await _host.RefreshAsync(second.RefreshToken)).Expect(HttpStatusCode.OK);

        (await _host.GetAsync("/v1/devices", third.AccessToken)).Expect(HttpStatusCode.OK);
        Assert.Equal(3, new[] { first.RefreshToken, second.RefreshToken, third.RefreshToken }.Distinct().Count());
    }

    [Fact]
    public async Task A_refresh_token_used_again_within_a_minute_gives_the_same_next_token()
    {
        var first = await _host.RegisterAsync("alice");
        var second = (await _host.RefreshAsync(first.RefreshToken)).Expect(HttpStatusCode.OK);
        _host.Clock.Advance(TimeSpan.FromSeconds(59));

        var repeated = (await _host.RefreshAsync(first.RefreshToken)).Expect(HttpStatusCode.OK);

        Assert.Equal(second.RefreshToken, repeated.RefreshToken);
        (await _host.GetAsync("/v1/devices", repeated.AccessToken)).Expect(HttpStatusCode.OK);
        (await _host.RefreshAsync(repeated.RefreshToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tabs_that_refresh_at_once_all_stay_signed_in()
    {
        var first = await _host.RegisterAsync("alice");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _host.RefreshAsync(first.RefreshToken)));

        Assert.All(answers, answer => answer.Expect(HttpStatusCode.OK));
        Assert.Single(answers.Select(answer => answer.RefreshToken).Distinct());
        (await _host.RefreshAsync(answers[0].RefreshToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_used_refresh_token_ends_its_family_and_no_other()
    {
        var stolen = await _host.RegisterAsync("alice");
        var other = await _host.LogInAsync("alice");
        var newest = await _host.RefreshAsync(stolen.RefreshToken);
        _host.Clock.Advance(TimeSpan.FromSeconds(60));

        (await _host.RefreshAsync(stolen.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await _host.RefreshAsync(newest.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await _host.RefreshAsync(other.RefreshToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_invented_secret_of_a_family_that_somebody_saw_ends_nothing()
    {
        var pair = await _host.RegisterAsync("alice");
        // The family's name is the first 16 bytes.
        var invented = pair.RefreshToken[..22] + new string('A', pair.RefreshToken.Length - 22);

        (await _host.RefreshAsync(invented)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await _host.PostAsync("/v1/auth/logout", new { refreshToken = invented })).Expect(HttpStatusCode.NoContent);

        (await _host.RefreshAsync(pair.RefreshToken)).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a token")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_was_never_a_refresh_token_is_refused(string token) =>
        (await _host.RefreshAsync(token)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

    [Fact]
    public async Task A_refresh_token_expires_when_it_is_not_used()
    {
        await using var host = new TestHost(("Auth:RefreshTokenLifetimeSeconds", "3600"));
        var pair = await host.RegisterAsync("alice");
        host.Clock.Advance(TimeSpan.FromMinutes(59));
        pair = (await host.RefreshAsync(pair.RefreshToken)).Expect(HttpStatusCode.OK);
        host.Clock.Advance(TimeSpan.FromMinutes(59));
        pair = (await host.RefreshAsync(pair.RefreshToken)).Expect(HttpStatusCode.OK);
        host.Clock.Advance(TimeSpan.FromMinutes(60));

        (await host.RefreshAsync(pair.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Logging_out_ends_the_family_also_by_an_older_token()
    {
        var first = await _host.RegisterAsync("alice");
        var second = await _host.RefreshAsync(first.RefreshToken);

        (await _host.PostAsync("/v1/auth/logout", new { refreshToken = first.RefreshToken })).Expect(HttpStatusCode.NoContent);

        (await _host.RefreshAsync(second.RefreshToken)).Expect(HttpStatusCode.Unauthorized);
        (await _host.PostAsync("/v1/auth/logout", new { refreshToken = "long gone" })).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Logging_in_again_on_a_device_keeps_its_older_tokens()
    {
        var first = await _host.RegisterAsync("alice");

        await _host.LogInAsync("alice");

        (await _host.GetAsync("/v1/devices", first.AccessToken)).Expect(HttpStatusCode.OK);
        (await _host.RefreshAsync(first.RefreshToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_hash_of_fewer_rounds_is_renewed_at_the_next_login()
    {
        await _host.RegisterAsync("alice");
        var old = await PasswordHashAsync(_host);
        await using var raised = await _host.RestartAsync(("Auth:PasswordIterations", "120000"));

        (await raised.LogInAsync("alice")).Expect(HttpStatusCode.OK);

        var renewed = await PasswordHashAsync(raised);
        Assert.NotEqual(old, renewed);
        (await raised.LogInAsync("alice")).Expect(HttpStatusCode.OK);
        Assert.Equal(renewed, await PasswordHashAsync(raised));
    }

    [Fact]
    public async Task A_restart_keeps_accounts_tokens_and_the_key()
    {
        var pair = await _host.RegisterAsync("alice");
        await using var restarted = await _host.RestartAsync();

        (await restarted.GetAsync("/v1/devices", pair.AccessToken)).Expect(HttpStatusCode.OK);
        (await restarted.RefreshAsync(pair.RefreshToken)).Expect(HttpStatusCode.OK);
        (await restarted.LogInAsync("alice")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_user_has_no_more_devices_than_the_limit()
    {
        await using var host = new TestHost(("Auth:MaxDevices", "2"));
        var pair = await host.RegisterAsync("alice", "one");
        await host.LogInAsync("alice", "two");

        (await host.LogInAsync("alice", "three")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");

        (await host.LogInAsync("alice", "two")).Expect(HttpStatusCode.OK);
        (await host.SendAsync(HttpMethod.Delete, "/v1/devices/two", pair.AccessToken)).Expect(HttpStatusCode.NoContent);
        (await host.LogInAsync("alice", "three")).Expect(HttpStatusCode.OK);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static async Task<string> PasswordHashAsync(TestHost host) => (await host.ServiceAsync<SqliteDatabase>())
        .Read(connection => connection.QuerySingle<string>("SELECT password_hash FROM identity_accounts WHERE user_id = 'alice'"));
}

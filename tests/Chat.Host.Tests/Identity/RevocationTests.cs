using System.Net;
using Chat.Host.Operations.Upkeep;
using Chat.Host.Tests.Running;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Host.Tests.Identity;

public sealed class RevocationTests : IAsyncDisposable
{
    private const string CountDevices = "SELECT count(*) FROM delivery_devices WHERE user_id = 'alice'";
    private const string CannotForget =
        "CREATE TRIGGER cannot_forget BEFORE DELETE ON delivery_devices BEGIN SELECT RAISE(ABORT, 'This test says no.'); END";

    private readonly TestHost _host = new();

    [Fact]
    public async Task A_revoked_device_s_tokens_are_void_at_once_and_the_others_are_not()
    {
        var phone = await _host.RegisterAsync("alice");
        var stolen = await _host.LogInAsync("alice", "stolen");

        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/stolen", phone.AccessToken)).Expect(HttpStatusCode.NoContent);

        (await _host.GetAsync("/v1/devices", stolen.AccessToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await _host.RefreshAsync(stolen.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        var left = await _host.GetAsync("/v1/devices", phone.AccessToken);
        Assert.Equal("phone", Assert.Single(left.Json.GetProperty("devices").EnumerateArray()).GetProperty("deviceId").GetString());
    }

    [Fact]
    public async Task A_login_in_the_very_millisecond_of_the_revocation_is_good_and_the_token_before_it_is_not()
    {
        var before = await _host.RegisterAsync("alice");
        await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", before.AccessToken);

        var after = await _host.LogInAsync("alice");

        (await _host.GetAsync("/v1/devices", before.AccessToken)).Expect(HttpStatusCode.Unauthorized);
        (await _host.GetAsync("/v1/devices", after.AccessToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_that_names_whole_seconds_of_issue_does_not_outlive_a_revocation_within_that_second()
    {
        var pair = await _host.RegisterAsync("alice");
        var token = Jwt.Sign(Jwt.KeyOf(_host.Data), _host.Clock.GetUtcNow());
        await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", pair.AccessToken);
        await _host.LogInAsync("alice");

        (await _host.GetAsync("/v1/devices", token)).Expect(HttpStatusCode.Unauthorized);

        _host.Clock.Advance(TimeSpan.FromSeconds(1));
        (await _host.GetAsync("/v1/devices", Jwt.Sign(Jwt.KeyOf(_host.Data), _host.Clock.GetUtcNow()))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_restart_remembers_revocations_and_a_sweep_keeps_them_for_as_long_as_tokens_live()
    {
        var pair = await _host.RegisterAsync("alice");
        var token = Jwt.Sign(Jwt.KeyOf(_host.Data), _host.Clock.GetUtcNow(), claims: ("exp", _host.Clock.GetUtcNow().AddHours(24).ToUnixTimeSeconds()));
        await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", pair.AccessToken);
        await using var restarted = await _host.RestartAsync();

        (await restarted.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        _host.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        await (await restarted.ServiceAsync<UpkeepJobs>()).SweepTokensAsync(TestContext.Current.CancellationToken);
        (await restarted.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        _host.Clock.Advance(TimeSpan.FromSeconds(2));
        await (await restarted.ServiceAsync<UpkeepJobs>()).SweepTokensAsync(TestContext.Current.CancellationToken);
        (await restarted.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.Unauthorized, "token_expired");
    }

    [Fact]
    public async Task A_revocation_that_a_module_cannot_take_in_is_answered_as_failed_and_done_when_it_is_asked_for_again()
    {
        var phone = await _host.RegisterAsync("alice");
        var stolen = await _host.LogInAsync("alice", "stolen");
        Delivery("INSERT INTO delivery_devices VALUES ('alice', 'stolen', 0)");
        Delivery(CannotForget);

        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/stolen", phone.AccessToken)).ExpectProblem(HttpStatusCode.InternalServerError, "internal");
        (await _host.GetAsync("/v1/devices", stolen.AccessToken)).Expect(HttpStatusCode.Unauthorized);
        Assert.Equal(1, Delivery(CountDevices));

        Delivery("DROP TRIGGER cannot_forget");
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/stolen", phone.AccessToken)).Expect(HttpStatusCode.NoContent);
        Assert.Equal(0, Delivery(CountDevices));
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/stolen", phone.AccessToken)).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_revocation_that_was_left_half_done_is_finished_before_the_next_device_comes_in()
    {
        var lost = await _host.RegisterAsync("alice", "lost");
        Delivery("INSERT INTO delivery_devices VALUES ('alice', 'lost', 0)");
        Delivery(CannotForget);
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/lost", lost.AccessToken)).Expect(HttpStatusCode.InternalServerError);
        await using var restarted = await _host.RestartAsync();

        (await restarted.LogInAsync("alice", "new")).ExpectProblem(HttpStatusCode.InternalServerError, "internal");
        Delivery("DROP TRIGGER cannot_forget");
        (await restarted.LogInAsync("alice", "new")).Expect(HttpStatusCode.OK);

        Assert.Equal(0, Delivery(CountDevices));
    }

    [Fact]
    public async Task A_device_that_the_caller_has_not_is_not_found()
    {
        var alice = await _host.RegisterAsync("alice");
        await _host.RegisterAsync("bob", "bobs");

        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/bobs", alice.AccessToken)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/a%20b", alice.AccessToken)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    // By another connection to the server's database.
    private long Delivery(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_host.Data, "chat.db")};Pooling=False");
        connection.Open();
        return connection.ExecuteScalar<long>(sql);
    }
}

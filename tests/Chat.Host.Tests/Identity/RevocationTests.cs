using System.Net;
using Chat.Host.Operations.Upkeep;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Identity;

public sealed class RevocationTests : IAsyncDisposable
{
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
    public async Task A_device_that_the_caller_has_not_is_not_found()
    {
        var alice = await _host.RegisterAsync("alice");
        await _host.RegisterAsync("bob", "bobs");

        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/bobs", alice.AccessToken)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/a%20b", alice.AccessToken)).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}

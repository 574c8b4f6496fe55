using System.Net;
using Chat.Host.Tests.Running;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Host.Tests.Identity;

public sealed class OutsideIssuerTests : IAsyncLifetime
{
    private OidcIssuer _issuer = null!;
    private TestHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await OidcIssuer.StartAsync();
        // Plain http is for Development alone.
        _host = new TestHost(("Auth:Authority", _issuer.Address), ("Auth:Audience", "chat"), ("Auth:MaxDevices", "2")) { Environment = "Development" };
    }

    [Fact]
    public async Task Its_tokens_let_in_and_their_devices_are_known()
    {
        var token = _issuer.Sign(_host.Clock.GetUtcNow());

        var devices = (await _host.GetAsync("/v1/devices", token)).Expect(HttpStatusCode.OK);

        Assert.Equal("phone", Assert.Single(devices.Json.GetProperty("devices").EnumerateArray()).GetProperty("deviceId").GetString());
    }

    [Fact]
    public async Task A_token_without_a_device_takes_the_query_s()
    {
        var token = _issuer.Sign(_host.Clock.GetUtcNow(), ("device", null));

        (await _host.GetAsync("/v1/devices?device=laptop", token)).Expect(HttpStatusCode.OK);
        (await _host.GetAsync("/v1/devices", token)).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Tokens_of_other_issuers_audiences_times_and_algorithms_are_refused()
    {
        var now = _host.Clock.GetUtcNow();
        string[] bad =
        [
            _issuer.Sign(now, ("iss", "http://elsewhere")),
            _issuer.Sign(now, ("aud", "others")),
            _issuer.Sign(now, ("exp", now.AddHours(25).ToUnixTimeSeconds())),
            Jwt.Sign(Jwt.NewKey(), now, claims: ("iss", _issuer.Address)),
            Jwt.Sign(null, now, claims: ("iss", _issuer.Address)),
            Jwt.Sign(new SymmetricSecurityKey(new byte[64]) { KeyId = "one" }, now, SecurityAlgorithms.HmacSha256, ("iss", _issuer.Address)),
        ];

        foreach (var token in bad)
            (await _host.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await _host.GetAsync("/v1/devices", _issuer.Sign(now.AddHours(-1)))).ExpectProblem(HttpStatusCode.Unauthorized, "token_expired");
    }

    [Fact]
    public async Task There_are_no_built_in_accounts()
    {
        (await _host.RegisterAsync("alice")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await _host.LogInAsync("alice")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_revoked_device_s_tokens_are_void_until_the_issuer_gives_later_ones()
    {
        var token = _issuer.Sign(_host.Clock.GetUtcNow());
        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", token)).Expect(HttpStatusCode.NoContent);

        (await _host.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        _host.Clock.Advance(TimeSpan.FromSeconds(1));
        (await _host.GetAsync("/v1/devices", _issuer.Sign(_host.Clock.GetUtcNow()))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_device_beyond_the_limit_is_forbidden()
    {
        foreach (var device in new[] { "one", "two" })
            (await _host.GetAsync("/v1/devices", _issuer.Sign(_host.Clock.GetUtcNow(), ("device", device)))).Expect(HttpStatusCode.OK);

        (await _host.GetAsync("/v1/devices", _issuer.Sign(_host.Clock.GetUtcNow(), ("device", "three")))).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task An_issuer_that_is_away_is_unavailable_and_not_a_wrong_token()
    {
        var token = _issuer.Sign(_host.Clock.GetUtcNow());
        await _issuer.DisposeAsync();

        (await _host.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _issuer.DisposeAsync();
    }
}

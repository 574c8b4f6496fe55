using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Text;
using Chat.Host.Tests.Running;
using Chat.Modules.Identity.Contracts;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Host.Tests.Identity;

public sealed class TokenTests : IAsyncDisposable
{
    private readonly TestHost _host = new();

    [Fact]
    public async Task Tokens_are_good_and_live_as_long_as_said_after_the_clock_was_a_month_ahead()
    {
        await _host.RegisterAsync("alice");
        _host.Clock.AdjustTime(_host.Clock.GetUtcNow().AddDays(30));
        await _host.LogInAsync("alice");
        _host.Clock.AdjustTime(_host.Clock.GetUtcNow().AddDays(-30));

        var pair = (await _host.LogInAsync("alice")).Expect(HttpStatusCode.OK);

        (await _host.GetAsync("/v1/devices", pair.AccessToken)).Expect(HttpStatusCode.OK);
        (await _host.RefreshAsync(pair.RefreshToken)).Expect(HttpStatusCode.OK);
        _host.Clock.Advance(TimeSpan.FromSeconds(pair.Json.GetProperty("expiresIn").GetInt32()));
        (await _host.GetAsync("/v1/devices", pair.AccessToken)).ExpectProblem(HttpStatusCode.Unauthorized, "token_expired");
    }

    [Fact]
    public async Task A_revocation_tells_tokens_apart_after_the_clock_was_a_month_ahead()
    {
        await _host.RegisterAsync("alice");
        _host.Clock.AdjustTime(_host.Clock.GetUtcNow().AddDays(30));
        await _host.LogInAsync("alice");
        _host.Clock.AdjustTime(_host.Clock.GetUtcNow().AddDays(-30));
        var before = await _host.LogInAsync("alice");

        (await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", before.AccessToken)).Expect(HttpStatusCode.NoContent);
        var after = await _host.LogInAsync("alice");

        (await _host.GetAsync("/v1/devices", before.AccessToken)).Expect(HttpStatusCode.Unauthorized);
        (await _host.GetAsync("/v1/devices", after.AccessToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task No_token_is_unauthenticated_and_says_how_to_come_in()
    {
        var answer = await _host.GetAsync("/v1/devices");

        answer.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task An_expired_token_says_so_from_the_second_that_it_names()
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;
        _host.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(251));
        (await _host.GetAsync("/v1/devices", token)).Expect(HttpStatusCode.OK);

        _host.Clock.Advance(TimeSpan.FromMilliseconds(1));

        var answer = (await _host.GetAsync("/v1/devices", token)).ExpectProblem(HttpStatusCode.Unauthorized, "token_expired");
        Assert.Equal("Bearer error=\"invalid_token\"", answer.Header("WWW-Authenticate"));
    }

    [Theory]
    [InlineData("iss", "elsewhere")]
    [InlineData("aud", "others")]
    [InlineData("sub", "al/ice")]
    [InlineData("sub", null)]
    [InlineData("device", "")]
    [InlineData("device", 5)]
    [InlineData("device", null)]
    [InlineData("exp", null)]
    [InlineData("nbf", 4_000_000_000L)]
    [InlineData("exp", 4_000_000_000L)]
    public async Task A_claim_that_is_wrong_refuses_the_token(string claim, object? value)
    {
        await _host.StartAsync();
        var key = Jwt.KeyOf(_host.Data);
        (await _host.GetAsync("/v1/devices", Jwt.Sign(key, _host.Clock.GetUtcNow()))).Expect(HttpStatusCode.OK);

        var answer = await _host.GetAsync("/v1/devices", Jwt.Sign(key, _host.Clock.GetUtcNow(), claims: (claim, value)));

        answer.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Expiry_is_not_told_of_a_token_that_is_wrong_besides()
    {
        await _host.StartAsync();
        var past = _host.Clock.GetUtcNow().AddHours(-1);

        var foreign = await _host.GetAsync("/v1/devices", Jwt.Sign(Jwt.NewKey(), past));
        var others = await _host.GetAsync("/v1/devices", Jwt.Sign(Jwt.KeyOf(_host.Data), past, claims: ("aud", "others")));

        foreign.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        others.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Forged_tokens_are_refused()
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;
        var now = _host.Clock.GetUtcNow();
        var parts = token.Split('.');
        var payload = Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(parts[1]));
        var publicPem = PublicPem();
        string[] forged =
        [
            Jwt.Sign(null, now),
            Jwt.Sign(null, now).Replace(Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}"""), Base64UrlEncoder.Encode("""{"alg":"NONE","typ":"JWT"}"""), StringComparison.Ordinal),
            $"{parts[0]}.{Base64UrlEncoder.Encode(payload.Replace("alice", "mallory", StringComparison.Ordinal))}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}",
            $"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(new byte[64])}",
            Jwt.Sign(Jwt.NewKey(), now),
            // The public key taken for a shared secret.
            Jwt.Sign(new SymmetricSecurityKey(Encoding.ASCII.GetBytes(publicPem)), now, SecurityAlgorithms.HmacSha256),
            "", "x", "..", new string('a', 20_000),
        ];

        foreach (var one in forged)
            (await _host.SendAsync(HttpMethod.Get, "/v1/devices", headers: ("Authorization", $"Bearer {one}"))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("phone", null, HttpStatusCode.OK)]
    [InlineData("phone", "phone", HttpStatusCode.OK)]
    [InlineData("phone", "laptop", HttpStatusCode.Unauthorized)]
    [InlineData("phone", "", HttpStatusCode.Unauthorized)]
    [InlineData(null, "laptop", HttpStatusCode.OK)]
    [InlineData(null, "lap/top", HttpStatusCode.Unauthorized)]
    [InlineData(null, null, HttpStatusCode.Unauthorized)]
    public async Task The_query_stands_in_for_a_missing_device_and_must_not_differ_from_one_that_is_there(string? claim, string? query, HttpStatusCode status)
    {
        await _host.StartAsync();
        var token = Jwt.Sign(Jwt.KeyOf(_host.Data), _host.Clock.GetUtcNow(), claims: ("device", claim));

        (await _host.GetAsync(query is null ? "/v1/devices" : $"/v1/devices?device={query}", token)).Expect(status);
    }

    [Fact]
    public async Task A_token_in_the_query_is_for_the_live_transports_alone()
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;

        (await _host.GetAsync($"/v1/devices?access_token={token}")).Expect(HttpStatusCode.Unauthorized);
        (await _host.GetAsync($"/wsx?access_token={token}")).Expect(HttpStatusCode.NotFound);
        (await _host.GetAsync($"/ws?access_token={token}")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await _host.GetAsync("/ws?access_token=wrong")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await _host.SendAsync(HttpMethod.Post, $"/hub/negotiate?negotiateVersion=1&access_token={token}")).Expect(HttpStatusCode.OK);
        (await _host.SendAsync(HttpMethod.Post, "/hub/negotiate?negotiateVersion=1")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_frame_s_token_is_judged_as_a_request_s_is()
    {
        var token = (await _host.RegisterAsync("alice")).AccessToken;
        var tokens = (await _host.ServiceAsync<ITokens>());
        var ct = TestContext.Current.CancellationToken;

        var good = await tokens.ValidateAsync(token, "phone", ct);
        var elsewhere = await tokens.ValidateAsync(token, "laptop", ct);
        _host.Clock.Advance(TimeSpan.FromMinutes(15));
        var late = await tokens.ValidateAsync(token, "phone", ct);

        Assert.Equal("alice/phone", good.Device.ToString());
        Assert.Equal(DateTimeOffset.Parse("2026-03-01T12:15:00Z", System.Globalization.CultureInfo.InvariantCulture), good.ExpiresAt);
        Assert.Equal("unauthenticated", elsewhere.Error?.Code);
        Assert.Equal("token_expired", late.Error?.Code);
    }

    [Fact]
    public async Task A_revocation_after_a_request_was_let_in_is_found_and_a_later_token_is_not_taken_for_it()
    {
        var before = await _host.RegisterAsync("alice");
        var tokens = await _host.ServiceAsync<ITokens>();
        var issued = (await tokens.ValidateAsync(before.AccessToken, null, TestContext.Current.CancellationToken)).IssuedAt;
        Assert.False(tokens.IsRevoked(LetIn(issued)));

        await _host.SendAsync(HttpMethod.Delete, "/v1/devices/phone", before.AccessToken);
        var after = (await _host.LogInAsync("alice")).AccessToken;

        Assert.True(tokens.IsRevoked(LetIn(issued)));
        Assert.False(tokens.IsRevoked(LetIn((await tokens.ValidateAsync(after, null, TestContext.Current.CancellationToken)).IssuedAt)));

        static ClaimsPrincipal LetIn(DateTimeOffset issuedAt) => new(new ClaimsIdentity(
            [new("sub", "alice"), new("device", "phone"), new("iat_ms", issuedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture))]));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private string PublicPem()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(_host.Data, "signing-key.pem")));
        return key.ExportSubjectPublicKeyInfoPem();
    }
}

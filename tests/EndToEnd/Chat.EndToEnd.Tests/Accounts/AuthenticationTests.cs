using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Accounts;

/// <summary>Who has no right token gets in nowhere, and learns it before the upgrade.</summary>
public sealed class AuthenticationTests(SharedServer shared)
{
    public static TheoryData<string> Forgeries => [.. ForgedTokens.All.Keys];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_wrong_token_is_401_at_every_transport(string forgery)
    {
        var user = await shared.NewUserAsync("forged");

        await AssertUnauthenticatedAsync(user.Server, ForgedTokens.All[forgery](user), "unauthenticated");
    }

    [Fact]
    public async Task A_token_in_the_query_gets_in_where_headers_cannot_be_set()
    {
        var user = await shared.NewUserAsync("query");

        await using var client = await WireClient.ConnectAsync(user.Server.Address, $"/ws?access_token={user.AccessToken}", token: null, ct: TestContext.Current.CancellationToken);

        var welcome = await client.ExpectAsync("welcome");
        Assert.Equal(user.UserId, welcome.Text("userId"));
        Assert.Equal(user.DeviceId, welcome.Text("deviceId"));
        Assert.True(welcome.Number("serverTime") > 0);
        Assert.NotEqual("", welcome.Text("epoch"));
    }

    [Fact]
    public async Task A_device_in_the_query_that_differs_from_the_token_is_401()
    {
        var user = await shared.NewUserAsync("device");

        Assert.Equal(HttpStatusCode.Unauthorized, await WireClient.UpgradeAsync(user.Server.Address, "/ws?device=another", user.AccessToken));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await WireClient.UpgradeAsync(user.Server.Address, "/ws?device=phone", user.AccessToken));
    }

    [Fact]
    public async Task A_token_without_a_device_takes_the_one_in_the_query()
    {
        var user = await shared.NewUserAsync("deviceless");
        var token = ServerKey.Reissue(user, claims => claims.Remove("device"));

        await using var client = await WireClient.ConnectAsync(
            user.Server.Address, "/ws?device=desktop", token, ct: TestContext.Current.CancellationToken);

        Assert.Equal("desktop", (await client.ExpectAsync("welcome")).Text("deviceId"));
        Assert.Equal(HttpStatusCode.Unauthorized, await WireClient.UpgradeAsync(user.Server.Address, "/ws", token));
    }

    [Fact]
    public async Task An_expired_token_is_401_and_says_so()
    {
        var user = await shared.NewUserAsync("expired");

        await AssertUnauthenticatedAsync(user.Server, ServerKey.Reissue(user, TimeSpan.FromSeconds(-1)), "token_expired");
    }

    [Fact]
    public async Task A_connection_ends_with_its_token_unless_it_is_renewed_in_time()
    {
        var user = await shared.NewUserAsync("expires");
        // As long as a busy machine may take to connect and to renew.
        var life = TimeSpan.FromSeconds(20);
        var desktop = await user.LogInAsync("desktop");
        var shortLived = ServerKey.Reissue(user, life);
        var shortLivedElsewhere = ServerKey.Reissue(desktop, life);
        await using var renewing = await WireClient.ConnectAsync(user.Server.Address, "/ws", shortLived, ct: TestContext.Current.CancellationToken);
        await using var expiring = await WireClient.ConnectAsync(
            user.Server.Address, "/ws", shortLivedElsewhere, ct: TestContext.Current.CancellationToken);

        var renewed = await renewing.AuthAsync(user.AccessToken);

        Assert.True(renewed.Number("expiresAt") > TimeProvider.System.GetUtcNow().Add(life + life).ToUnixTimeMilliseconds());
        await expiring.ExpectErrorAsync("token_expired");
        await expiring.ExpectCloseAsync(4001);
        await renewing.PingAsync();
    }

    [Fact]
    public async Task A_token_of_another_user_or_device_renews_nothing()
    {
        var user = await shared.NewUserAsync("renews");
        var other = await shared.NewUserAsync("other");
        var sameUserElsewhere = await user.LogInAsync("desktop");
        await using var client = await user.ConnectCaughtUpAsync();

        foreach (var wrong in new[] { other.AccessToken, sameUserElsewhere.AccessToken })
            Assert.Equal("forbidden", (await Assert.ThrowsAsync<RefusedException>(() => client.AuthAsync(wrong))).Code);

        Assert.True((await client.AuthAsync(user.AccessToken)).Number("expiresAt") > 0);
    }

    private static async Task AssertUnauthenticatedAsync(ServerProcess server, string? token, string code)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await WireClient.UpgradeAsync(server.Address, "/ws", token));
        Assert.Equal(HttpStatusCode.Unauthorized, await WireClient.UpgradeAsync(server.Address, "/hub", token));

        var rest = new RestClient(server.Address, token);
        (await rest.PostAsync("/hub/negotiate?negotiateVersion=1", new { })).Expect(HttpStatusCode.Unauthorized);
        (await rest.GetAsync("/v1/conversations")).ExpectProblem(HttpStatusCode.Unauthorized, code);
        (await rest.SendMessageAsync("@bob", "hello", "1")).ExpectProblem(HttpStatusCode.Unauthorized, code);
    }
}

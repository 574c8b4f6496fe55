using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Accounts;

public sealed class AccountTests(SharedServer shared)
{
    [Fact]
    public async Task A_taken_user_id_is_a_conflict()
    {
        var user = await shared.NewUserAsync("taken");

        var again = await Anonymous(user).PostAsync("/v1/auth/register", new { userId = user.UserId, password = Account.Password, deviceId = "phone" });

        again.ExpectProblem(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_are_refused_alike()
    {
        var user = await shared.NewUserAsync("guessed");

        var wrong = await LogInAsync(user, user.UserId, "not the password");
        var unknown = await LogInAsync(user, Account.UniqueId("nobody"), "not the password");

        var one = wrong.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        var other = unknown.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(Alike.Of(one), Alike.Of(other));
    }

    [Fact]
    public async Task A_refresh_token_may_be_repeated_at_once_and_an_older_one_ends_the_family()
    {
        var user = await shared.NewUserAsync("refreshes");

        var second = (await RefreshAsync(user, user.RefreshToken)).Expect(HttpStatusCode.OK);
        Assert.True(second.Number("expiresIn") > 0);
        (await new RestClient(user.Server.Address, second.Text("accessToken")).GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK);

        var repeated = (await RefreshAsync(user, user.RefreshToken)).Expect(HttpStatusCode.OK);
        Assert.Equal(second.Text("refreshToken"), repeated.Text("refreshToken"));
        var third = (await RefreshAsync(user, repeated.Text("refreshToken"))).Expect(HttpStatusCode.OK);

        (await RefreshAsync(user, user.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await RefreshAsync(user, third.Text("refreshToken"))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task After_logout_the_refresh_token_is_void()
    {
        var user = await shared.NewUserAsync("leaves");

        (await user.Rest.PostAsync("/v1/auth/logout", new { refreshToken = user.RefreshToken })).Expect(HttpStatusCode.NoContent);

        (await RefreshAsync(user, user.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Logging_in_again_on_a_device_keeps_its_older_tokens()
    {
        var user = await shared.NewUserAsync("twice");

        await user.LogInAsync(user.DeviceId);

        (await user.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK);
        (await RefreshAsync(user, user.RefreshToken)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Revoking_a_device_closes_its_connection_and_voids_its_tokens_at_once()
    {
        var phone = await shared.NewUserAsync("revokes");
        var stolen = await phone.LogInAsync("stolen");
        await using var client = await stolen.ConnectCaughtUpAsync();
        Assert.Equal(["phone", "stolen"], await DeviceIdsAsync(phone));

        (await phone.Rest.DeleteAsync("/v1/devices/stolen")).Expect(HttpStatusCode.NoContent);

        await client.ExpectCloseAsync(4001);
        Assert.Equal(["phone"], await DeviceIdsAsync(phone));
        (await stolen.Rest.GetAsync("/v1/conversations")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await RefreshAsync(stolen, stolen.RefreshToken)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(HttpStatusCode.Unauthorized, await WireClient.UpgradeAsync(stolen.Server.Address, "/ws", stolen.AccessToken));
        (await phone.Rest.GetAsync("/v1/conversations")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_changed_password_closes_the_connection_that_its_device_opened_with_an_older_token()
    {
        var phone = await shared.NewUserAsync("renews");
        await using var client = await phone.ConnectCaughtUpAsync();

        var pair = (await phone.Rest.PostAsync("/v1/auth/password", new { currentPassword = Account.Password, newPassword = "battery staple 2" }))
            .Expect(HttpStatusCode.OK);

        await client.ExpectCloseAsync(4001);
        (await phone.Rest.GetAsync("/v1/devices")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await new RestClient(phone.Server.Address, pair.Text("accessToken")).GetAsync("/v1/devices")).Expect(HttpStatusCode.OK);
    }

    private static async Task<List<string>> DeviceIdsAsync(Account user)
    {
        var devices = (await user.Rest.GetAsync("/v1/devices")).Expect(HttpStatusCode.OK);
        return [.. devices.Items("devices").Select(d => d.Text("deviceId")).Order(StringComparer.Ordinal)];
    }

    private static Task<RestAnswer> RefreshAsync(Account user, string refreshToken) =>
        Anonymous(user).PostAsync("/v1/auth/refresh", new { refreshToken });

    private static Task<RestAnswer> LogInAsync(Account user, string userId, string password) =>
        Anonymous(user).PostAsync("/v1/auth/login", new { userId, password, deviceId = "phone" });

    private static RestClient Anonymous(Account user) => new(user.Server.Address);
}

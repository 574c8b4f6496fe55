using System.Net;
using System.Net.Http.Json;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Identity;

public sealed class PasswordChangeTests : IAsyncDisposable
{
    private const string New = "battery staple";

    private readonly TestHost _host = new();

    [Fact]
    public async Task A_changed_password_ends_every_other_session_and_the_caller_goes_on()
    {
        var caller = await _host.RegisterAsync("alice");
        var sameDevice = await _host.LogInAsync("alice");
        var other = await _host.LogInAsync("alice", "stolen");

        var pair = (await ChangeAsync(caller.AccessToken, TestHost.Password, New)).Expect(HttpStatusCode.OK);

        foreach (var ended in new[] { caller, sameDevice, other })
        {
            (await _host.GetAsync("/v1/devices", ended.AccessToken)).Expect(HttpStatusCode.Unauthorized);
            (await _host.RefreshAsync(ended.RefreshToken)).Expect(HttpStatusCode.Unauthorized);
        }
        var devices = (await _host.GetAsync("/v1/devices", pair.AccessToken)).Expect(HttpStatusCode.OK);
        Assert.Equal("phone", Assert.Single(devices.Json.GetProperty("devices").EnumerateArray()).GetProperty("deviceId").GetString());
        (await _host.RefreshAsync(pair.RefreshToken)).Expect(HttpStatusCode.OK);
        (await _host.LogInAsync("alice")).Expect(HttpStatusCode.Unauthorized);
        (await _host.LogInAsync("alice", password: New)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_wrong_current_password_and_one_that_cannot_be_change_nothing()
    {
        var caller = await _host.RegisterAsync("alice");
        var other = await _host.LogInAsync("alice", "other");

        (await ChangeAsync(caller.AccessToken, "not the password", New)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await ChangeAsync(caller.AccessToken, TestHost.Password, "password")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
        (await ChangeAsync(null, TestHost.Password, New)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await _host.RefreshAsync(other.RefreshToken)).Expect(HttpStatusCode.OK);
        (await _host.LogInAsync("alice")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Asked_again_after_a_lost_answer_it_ends_the_sessions_again()
    {
        var caller = await _host.RegisterAsync("alice");
        var pair = await ChangeAsync(caller.AccessToken, TestHost.Password, New);
        var other = await _host.LogInAsync("alice", "other", New);

        (await ChangeAsync(pair.AccessToken, TestHost.Password, New)).Expect(HttpStatusCode.OK);

        (await _host.RefreshAsync(other.RefreshToken)).Expect(HttpStatusCode.Unauthorized);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private Task<Answer> ChangeAsync(string? token, string currentPassword, string newPassword) => _host.SendAsync(
        HttpMethod.Post, "/v1/auth/password", token, JsonContent.Create(new { currentPassword, newPassword }));
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Operations;

public sealed class DashboardTests : IAsyncDisposable
{
    private readonly TestHost _host = new(("Auth:Admins:0", "alice"), ("RateLimits:LoginsPerMinute", "5"));

    [Fact]
    public async Task A_stranger_is_asked_for_a_password()
    {
        var answer = (await _host.GetAsync("/ops/jobs")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        Assert.StartsWith("Basic realm=", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_comes_in_by_password_or_token_and_others_do_not()
    {
        await _host.CreateAdminAsync("alice");
        var alice = await _host.LogInAsync("alice");
        var bob = await _host.RegisterAsync("bob");

        Assert.Contains("sweep-tokens", (await JobsAsync("alice", TestHost.Password)).Expect(HttpStatusCode.OK).Body, StringComparison.Ordinal);
        (await _host.GetAsync("/ops/jobs/recurring", alice.AccessToken)).Expect(HttpStatusCode.OK);
        (await JobsAsync("bob", TestHost.Password)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await _host.GetAsync("/ops/jobs/recurring", bob.AccessToken)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await JobsAsync("alice", "wrong")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await JobsAsync("nobody", "wrong")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Guesses_are_limited_and_a_password_that_was_right_is_not_checked_again()
    {
        await _host.CreateAdminAsync("alice");
        (await JobsAsync("alice", TestHost.Password)).Expect(HttpStatusCode.OK);
        foreach (var _ in Enumerable.Range(0, 4))
            (await JobsAsync("alice", "guess")).Expect(HttpStatusCode.Unauthorized);

        (await JobsAsync("alice", "guess")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await JobsAsync("alice", TestHost.Password)).Expect(HttpStatusCode.OK);

        _host.Clock.Advance(TimeSpan.FromMinutes(5));
        foreach (var _ in Enumerable.Range(0, 5))
            (await JobsAsync("alice", "guess")).Expect(HttpStatusCode.Unauthorized);
        (await JobsAsync("alice", TestHost.Password)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic not*base64")]
    [InlineData("Basic YWxpY2U=")]
    [InlineData("Basic OnBhc3N3b3Jk")]
    public async Task A_head_that_is_none_is_no_password(string head) =>
        (await _host.SendAsync(HttpMethod.Get, "/ops/jobs", headers: ("Authorization", head))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

    [Fact]
    public async Task A_password_is_for_the_operators_pages_alone()
    {
        await _host.CreateAdminAsync("alice");

        (await _host.SendAsync(HttpMethod.Get, "/v1/devices", authorization: Basic("alice", TestHost.Password))).Expect(HttpStatusCode.Unauthorized);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private Task<Answer> JobsAsync(string user, string password) =>
        _host.SendAsync(HttpMethod.Get, "/ops/jobs/recurring", authorization: Basic(user, password));

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
}

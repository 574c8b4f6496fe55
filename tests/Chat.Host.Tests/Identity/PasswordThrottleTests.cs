using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Identity;

/// <summary>Guessing one account's password from many addresses.</summary>
public sealed class GuessesTests : IAsyncDisposable
{
    private const string Home = "203.0.113.1";

    private readonly TestHost _host = new(("Http:TrustedProxies:0", "127.0.0.0/8"), ("Http:TrustedProxies:1", "::1"), ("Auth:FreeGuesses", "3"));
    private int _strangers;

    [Fact]
    public async Task After_some_guesses_each_waits_twice_as_long_wherever_it_comes_from()
    {
        await _host.RegisterAsync("alice");
        foreach (var _ in Enumerable.Range(0, 3))
            (await GuessAsync("alice")).Expect(HttpStatusCode.Unauthorized);

        foreach (var seconds in new[] { 1, 2, 4 })
        {
            Assert.Equal(seconds, SecondsIn((await GuessAsync("alice")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited")));
            _host.Clock.Advance(TimeSpan.FromSeconds(seconds));
            (await GuessAsync("alice")).Expect(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task The_owner_comes_in_from_its_network_and_on_its_device_meanwhile()
    {
        await _host.RegisterAsync("alice", "laptop");
        (await LogInAsync("alice", "laptop", TestHost.Password, Home)).Expect(HttpStatusCode.OK);
        foreach (var _ in Enumerable.Range(0, 3))
            (await GuessAsync("alice")).Expect(HttpStatusCode.Unauthorized);
        (await LogInAsync("alice", "new", TestHost.Password, "198.51.100.1")).Expect(HttpStatusCode.TooManyRequests);

        (await LogInAsync("alice", "new", TestHost.Password, Home)).Expect(HttpStatusCode.OK);
        (await LogInAsync("alice", "laptop", TestHost.Password, "198.51.100.2")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_account_that_is_not_there_is_limited_alike()
    {
        foreach (var _ in Enumerable.Range(0, 3))
            (await GuessAsync("nobody")).Expect(HttpStatusCode.Unauthorized);

        (await GuessAsync("nobody")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Fact]
    public async Task Many_guesses_at_once_are_no_way_round()
    {
        await _host.RegisterAsync("alice");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GuessAsync("alice")));

        Assert.Equal(3, answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized));
        Assert.Equal(17, answers.Count(answer => answer.Status == HttpStatusCode.TooManyRequests));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private Task<Answer> GuessAsync(string user) =>
        LogInAsync(user, "guesser", "not the password", string.Create(CultureInfo.InvariantCulture, $"192.0.2.{Interlocked.Increment(ref _strangers)}"));

    private Task<Answer> LogInAsync(string userId, string deviceId, string password, string address) => _host.SendAsync(
        HttpMethod.Post, "/v1/auth/login", content: JsonContent.Create(new { userId, password, deviceId }), headers: ("X-Forwarded-For", address));

    private static int SecondsIn(Answer answer) => int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture);
}

using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.BadInput;

/// <summary>A flood gets `rate_limited` and is told when to come back; what was not taken was not stored.</summary>
public sealed class FloodTests
{
    private const int Flood = 500;

    [Fact]
    public async Task A_flood_of_frames_is_limited_and_each_of_them_is_answered()
    {
        await using var server = await ServerProcess.StartAsync(Settings.WithRateLimits);
        var me = await Account.RegisterAsync(server, "flood");
        await using var client = await me.ConnectCaughtUpAsync();

        for (var i = 0; i < Flood; i++)
            await client.SendAsync("message", new { to = "@bob", text = $"{i}", clientMsgId = $"{i}" });
        await client.PingAsync();

        var answers = client.Received.All.Where(f => f.Type is "ack" or "error").ToList();
        var refused = answers.Where(f => f.Type == "error").ToList();
        Assert.Equal(Enumerable.Range(0, Flood).Select(i => $"{i}").Order(StringComparer.Ordinal), answers.Select(a => a.Text("clientMsgId")).Order(StringComparer.Ordinal));
        Assert.NotEmpty(refused);
        Assert.All(refused, e => Assert.Equal("rate_limited", e.Text("code")));
        Assert.All(refused, e => Assert.True(e.Number("retryAfterMs") > 0));

        var again = refused[0].Text("clientMsgId");
        await Until.TrueAsync(() => IsTakenAsync(client, again), "a refused send is taken later");
        var log = await me.Rest.ReadLogAsync(Account.Direct(me.UserId, "bob"));
        Assert.Equal(Flood - refused.Count + 1, log.Count);
    }

    [Fact]
    public async Task A_flood_of_calls_is_limited()
    {
        await using var server = await ServerProcess.StartAsync(Settings.WithRateLimits);
        var me = await Account.RegisterAsync(server, "flood");

        var answers = await Task.WhenAll(Enumerable.Range(0, Flood).Select(i => me.Rest.SendMessageAsync("@bob", $"{i}", $"{i}")));

        AssertLimited(answers, HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_flood_of_logins_and_of_registrations_is_limited()
    {
        await using var server = await ServerProcess.StartAsync(Settings.WithRateLimits);
        var anybody = new RestClient(server.Address);

        var logins = await Task.WhenAll(Enumerable.Range(0, Flood).Select(i =>
            anybody.PostAsync("/v1/auth/login", new { userId = "bob", password = $"guess {i}", deviceId = "d" })));
        var registrations = await Task.WhenAll(Enumerable.Range(0, Flood).Select(i =>
            anybody.PostAsync("/v1/auth/register", new { userId = $"user-{i}", password = Account.Password, deviceId = "d" })));

        AssertLimited(logins, HttpStatusCode.Unauthorized);
        AssertLimited(registrations, HttpStatusCode.Created);
    }

    private static void AssertLimited(RestAnswer[] answers, HttpStatusCode otherwise)
    {
        var limited = answers.Where(a => a.Status != otherwise).ToList();
        Assert.NotEmpty(limited);
        Assert.NotEqual(answers.Length, limited.Count);
        Assert.All(limited, a => a.ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited"));
        Assert.All(limited, a => Assert.True(a.RetryAfter?.Delta > TimeSpan.Zero));
    }

    private static async Task<bool> IsTakenAsync(WireClient client, string clientMsgId)
    {
        try
        {
            await client.SendTextAsync("@bob", "again", clientMsgId);
            return true;
        }
        catch (RefusedException e) when (e.Code == "rate_limited")
        {
            return false;
        }
    }
}

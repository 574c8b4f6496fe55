using System.Net;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Balancing;

public sealed class HaProxyTests : BalancerContract
{
    private protected override async Task<Balancer> StartAsync(IReadOnlyList<BalancedServer?> servers, bool behindProxy = false) =>
        await HaProxy.StartAsync(servers, behindProxy);

    private protected override Task ExpectNotReadyAsync(StandIn server) => Until.TrueAsync(
        async () => await ((HaProxy)It).StatisticAsync(server.Name, "status") == "DOWN", $"{server.Name} is down", () => It.Log);

    // Little by little, over half a minute, which is not waited for.
    private protected override async Task ComesBackAsync(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        await Until.TrueAsync(
            async () => await ((HaProxy)It).StatisticAsync("chat2", "throttle") is { Length: > 0 } throttle && throttle != "100%",
            "chat2 starts slowly", () => It.Log);
        var now = new Dictionary<string, string>();
        await Until.TrueAsync(async () => (now = await HomesAsync(before.Keys)).ContainsValue("chat2"), "the first user is back", () => It.Log);
        Assert.All(before.Keys, user => Assert.Contains(now[user], new[] { before[user], after[user] }));
    }

    [Fact]
    public async Task A_client_without_the_hint_goes_by_its_token_and_without_one_by_its_network()
    {
        foreach (var user in Users(12))
        {
            var home = await ServerOfAsync($"/v1/devices?user={user}");
            Assert.Equal(home, await ServerOfAsync("/v1/devices", headers: request => request.Headers.Add("Authorization", $"Bearer {TokenOf(user)}")));
            using var socket = await ConnectAsync($"/ws?access_token={TokenOf(user)}");
            Assert.Equal(home, await HearAsync(socket));
        }

        var used = new HashSet<string>();
        for (var host = 2; host < 40; host++)
        {
            var server = await ServerOfAsync("/", from: $"127.0.0.{host}");
            Assert.Equal(server, await ServerOfAsync("/assets/page.js", from: $"127.0.0.{host}", headers: request => request.Headers.Add("Authorization", "Bearer x.y.z")));
            used.Add(server);
        }
        Assert.Equal(3, used.Count);
    }

    [Fact]
    public async Task A_browsers_WebSocket_may_be_a_stream_of_HTTP_2()
    {
        using var socket = await ConnectAsync("/ws?user=alice", HttpVersion.Version20);
        Assert.Equal(await ServerOfAsync("/v1/devices?user=alice"), await HearAsync(socket));

        await SayAsync(socket, "hello");

        Assert.Equal("hello", await HearAsync(socket));
    }

    [Fact]
    public async Task What_is_not_ready_gets_no_requests_either()
    {
        var user = await UserOfAsync("chat1");
        Servers[0].IsReady = false;
        await ExpectNotReadyAsync(Servers[0]);

        Assert.NotEqual("chat1", await ServerOfAsync($"/v1/messages?user={user}", HttpMethod.Post));
    }
}

namespace Chat.EndToEnd.Tests.Balancing;

public sealed class NginxTests : BalancerContract
{
    private protected override async Task<Balancer> StartAsync(IReadOnlyList<BalancedServer?> servers, bool behindProxy = false) =>
        await Nginx.StartAsync(servers, behindProxy);

    // It asks nobody.
    private protected override Task ExpectNotReadyAsync(StandIn server) => Task.CompletedTask;

    private protected override async Task ComesBackAsync(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
        Assert.Equal(before, await HomesAsync(before.Keys));

    [Fact]
    public async Task A_client_without_the_hint_goes_by_its_address()
    {
        var used = new HashSet<string>();
        for (var host = 2; host < 40; host++)
        {
            var server = await ServerOfAsync("/v1/devices", from: $"127.0.0.{host}");
            Assert.Equal(server, await ServerOfAsync("/hub/negotiate", HttpMethod.Post, from: $"127.0.0.{host}"));
            used.Add(server);
        }

        Assert.Equal(3, used.Count);
    }
}

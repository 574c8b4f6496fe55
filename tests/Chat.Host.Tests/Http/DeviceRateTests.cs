using System.Net;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Http;

/// <summary>Calls that send no command through the mediator count, too.</summary>
public sealed class DeviceRateTests
{
    [Theory, InlineData("GET", "/v1/devices"), InlineData("DELETE", "/v1/devices/other"), InlineData("POST", "/hub/negotiate?negotiateVersion=1")]
    public async Task Calls_over_their_devices_rate_are_refused(string method, string path)
    {
        await using var host = new TestHost(("RateLimits:CommandsPerSecond", "1"));
        var (alice, bob) = ((await host.RegisterAsync("alice")).AccessToken, (await host.RegisterAsync("bob")).AccessToken);

        var answers = new List<Answer>();
        while (answers.Count < 100 && answers.All(answer => answer.Status != HttpStatusCode.TooManyRequests))
            answers.Add(await host.SendAsync(HttpMethod.Parse(method), path, alice));

        answers[^1].ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.NotEqual(HttpStatusCode.TooManyRequests, answers[0].Status);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await host.SendAsync(HttpMethod.Parse(method), path, bob)).Status);
    }
}

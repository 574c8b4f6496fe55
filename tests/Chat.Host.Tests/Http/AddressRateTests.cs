using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Http;

public sealed class AddressRateTests
{
    [Fact]
    public async Task Logins_over_the_rate_are_told_when_to_come_again()
    {
        await using var host = new TestHost(("RateLimits:LoginsPerMinute", "3"));
        foreach (var _ in Enumerable.Range(0, 3))
            (await host.RefreshAsync("wrong")).Expect(HttpStatusCode.Unauthorized);

        var answer = (await host.LogInAsync("alice")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");

        Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 20);
        (await host.RegisterAsync("alice")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Registrations_have_a_rate_of_their_own()
    {
        await using var host = new TestHost(("RateLimits:RegistrationsPerMinute", "1"));
        (await host.RegisterAsync("alice")).Expect(HttpStatusCode.Created);

        (await host.RegisterAsync("bob")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");

        (await host.LogInAsync("alice")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Switched_off_nothing_is_refused()
    {
        await using var host = new TestHost(("RateLimits:LoginsPerMinute", "1"), ("RateLimits:Enabled", "false"));

        foreach (var _ in Enumerable.Range(0, 5))
            (await host.RefreshAsync("wrong")).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_forwarded_address_counts_from_a_trusted_proxy()
    {
        await using var host = new TestHost(("RateLimits:LoginsPerMinute", "1"), ("Http:TrustedProxies:0", "127.0.0.0/8"), ("Http:TrustedProxies:1", "::1"));

        (await RefreshFromAsync(host, "203.0.113.1")).Expect(HttpStatusCode.Unauthorized);
        (await RefreshFromAsync(host, "203.0.113.1")).Expect(HttpStatusCode.TooManyRequests);
        (await RefreshFromAsync(host, "203.0.113.2")).Expect(HttpStatusCode.Unauthorized);
        // Only what the trusted proxy itself has added is believed.
        (await RefreshFromAsync(host, "203.0.113.3, 203.0.113.2")).Expect(HttpStatusCode.TooManyRequests);
        // One network of IPv6 is one address.
        (await RefreshFromAsync(host, "2001:db8::1")).Expect(HttpStatusCode.Unauthorized);
        (await RefreshFromAsync(host, "2001:db8::2")).Expect(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task A_forwarded_address_from_anybody_else_counts_for_nothing()
    {
        await using var host = new TestHost(("RateLimits:LoginsPerMinute", "1"));

        (await RefreshFromAsync(host, "203.0.113.1")).Expect(HttpStatusCode.Unauthorized);
        (await RefreshFromAsync(host, "203.0.113.2")).Expect(HttpStatusCode.TooManyRequests);
    }

    private static Task<Answer> RefreshFromAsync(TestHost host, string address) => host.SendAsync(
        HttpMethod.Post, "/v1/auth/refresh", content: JsonContent.Create(new { refreshToken = "wrong" }), headers: ("X-Forwarded-For", address));
}

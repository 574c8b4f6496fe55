using System.Net;
using Chat.Host.Tests.Running;

namespace Chat.Host.Tests.Media;

public sealed class SignedAddressTests
{
    private static readonly string[] Members = ["bob"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signed_address_needs_no_token_and_ends()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var picture = ThumbnailTests.Picture(300, 200);
        var id = await alice.UploadedAsync(picture);
        using var anybody = new HttpClient { BaseAddress = await host.AddressAsync() };

        var (address, thumbnail) = (await SignAsync(alice, id), await SignAsync(alice, id, "?w=100"));

        using (var answer = await anybody.GetAsync(address.Url, Ct))
        {
            Assert.Equal(picture, await answer.Content.ReadAsByteArrayAsync(Ct));
            Assert.Equal("public, max-age=899, immutable", answer.Headers.GetValues("Cache-Control").Single());
            Assert.Contains("sandbox", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
        using (var range = await anybody.SendAsync(new HttpRequestMessage(HttpMethod.Get, address.Url) { Headers = { { "Range", "bytes=1-3" } } }, Ct))
            Assert.Equal((HttpStatusCode.PartialContent, 3), (range.StatusCode, (await range.Content.ReadAsByteArrayAsync(Ct)).Length));
        using (var small = await anybody.GetAsync(thumbnail.Url, Ct))
            Assert.Equal((HttpStatusCode.OK, "image/webp"), (small.StatusCode, small.Content.Headers.ContentType?.MediaType));
        Assert.Equal(host.Clock.GetUtcNow().AddMinutes(15).ToUnixTimeSeconds() * 1000, address.ExpiresAt);

        host.Clock.Advance(TimeSpan.FromMinutes(15));
        (await host.GetAsync(address.Url)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await host.GetAsync(thumbnail.Url)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_changed_address_is_answered_as_a_file_that_does_not_exist()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var id = await alice.UploadedAsync([1, 2, 3]);
        var address = (await SignAsync(alice, id)).Url;
        var unknown = await host.GetAsync(address.Replace(id, $"{id[..^1]}{(id[^1] == '0' ? '1' : '0')}", StringComparison.Ordinal));

        foreach (var changed in new[] { address.Replace("u=alice", "u=bob", StringComparison.Ordinal), address + "x", address + "&x=1", address[..^1], address[..address.IndexOf('?', StringComparison.Ordinal)] })
            Assert.Equal((unknown.Status, unknown.Body), Of(await host.GetAsync(changed)));
        unknown.ExpectProblem(HttpStatusCode.NotFound, "not_found");

        static (HttpStatusCode, string) Of(Answer answer) => (answer.Status, answer.Body);
    }

    [Fact]
    public async Task Who_may_not_read_a_file_gets_no_address_of_it()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        using var bob = await MediaClient.RegisterAsync(host, "bob");
        var id = await alice.UploadedAsync([1, 2, 3]);

        (await bob.AskAsync(HttpMethod.Get, $"/v1/media/{id}/url")).ExpectProblem(HttpStatusCode.NotFound, "not_found");
        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{id}/url?w=x")).ExpectProblem(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task A_member_who_is_removed_loses_the_addresses_as_well()
    {
        await using var host = new TestHost();
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        using var bob = await MediaClient.RegisterAsync(host, "bob");
        var id = await alice.UploadedAsync([1, 2, 3]);
        var group = (await alice.PostAsync("/v1/groups", new { title = "Team", members = Members })).Expect(HttpStatusCode.Created).Text("conversationId");
        (await alice.PostAsync("/v1/messages", new { to = group, text = "look", clientMsgId = "1", mediaIds = new[] { id } })).Expect(HttpStatusCode.Created);
        var address = (await SignAsync(bob, id)).Url;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, address));

        (await alice.AskAsync(HttpMethod.Delete, $"/v1/groups/{group}/members/bob")).Expect(HttpStatusCode.NoContent);

        (await host.GetAsync(address)).ExpectProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Reads_by_signed_addresses_are_limited_by_network()
    {
        await using var host = new TestHost(("RateLimits:SignedReadsPerMinute", "2"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var address = (await SignAsync(alice, await alice.UploadedAsync([1, 2, 3]))).Url;

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, address));
        (await host.GetAsync(address + "x")).Expect(HttpStatusCode.NotFound);
        (await host.GetAsync(address)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    // As a tag of a page asks.
    private static async Task<HttpStatusCode> StatusAsync(TestHost host, string address)
    {
        using var anybody = new HttpClient { BaseAddress = await host.AddressAsync() };
        using var answer = await anybody.GetAsync(address, Ct);
        return answer.StatusCode;
    }

    private static async Task<(string Url, long ExpiresAt)> SignAsync(MediaClient client, string id, string query = "")
    {
        var answer = (await client.AskAsync(HttpMethod.Get, $"/v1/media/{id}/url{query}")).Expect(HttpStatusCode.OK);
        return (answer.Text("url"), answer.Json.GetProperty("expiresAt").GetInt64());
    }
}

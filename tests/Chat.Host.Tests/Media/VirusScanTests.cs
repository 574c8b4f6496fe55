using System.Net;
using Chat.BuildingBlocks.Jobs;
using Chat.Host.Tests.Running;
using Chat.Testing;

namespace Chat.Host.Tests.Media;

/// <summary>With a real clamd, where one is installed.</summary>
public sealed class VirusScanTests(ClamdServer clamd) : IClassFixture<ClamdServer>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_held_back_until_it_is_found_clean_and_one_with_a_virus_for_ever()
    {
        Assert.SkipWhen(ClamdServer.IsMissing, ClamdServer.Missing);
        await using var host = new TestHost(("Media:ClamAv", await clamd.AddressAsync()), ("Media:RescanSeconds", "1"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        await host.RegisterAsync("bob");

        var (clean, virus) = (await alice.UploadedAsync("plain words"u8.ToArray()), await alice.UploadedAsync(ClamdServer.Eicar));

        await Wait.UntilAsync(async () => await StatusAsync(alice, clean) == HttpStatusCode.OK, "the clean file is released");
        await Wait.UntilAsync(async () => await StatusAsync(alice, virus) == HttpStatusCode.Forbidden, "the other is quarantined");
        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{virus}")).ExpectProblem(HttpStatusCode.Forbidden, "quarantined");
        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{virus}/thumbnail")).ExpectProblem(HttpStatusCode.Forbidden, "quarantined");
        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{virus}/url")).ExpectProblem(HttpStatusCode.Forbidden, "quarantined");
        var sent = await alice.PostAsync("/v1/messages", new { to = "@bob", text = "", clientMsgId = "1", mediaIds = new[] { virus } });
        sent.ExpectProblem(HttpStatusCode.Forbidden, "quarantined");
    }

    [Fact]
    public async Task While_clamd_is_away_files_wait_and_are_released_when_it_is_back()
    {
        Assert.SkipWhen(ClamdServer.IsMissing, ClamdServer.Missing);
        await using var host = new TestHost(("Media:ClamAv", "127.0.0.1:1"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var id = await alice.UploadedAsync("plain words"u8.ToArray());
        await ScanAsync(host, id);
        (await alice.AskAsync(HttpMethod.Get, $"/v1/media/{id}")).ExpectProblem(HttpStatusCode.ServiceUnavailable, "unavailable");

        await using var restarted = await host.RestartAsync(("Media:ClamAv", await clamd.AddressAsync()));
        await ScanAsync(restarted, id);

        using var again = await MediaClient.LogInAsync(restarted, "alice");
        Assert.Equal("plain words"u8.ToArray(), await again.BytesAsync(id));
    }

    [Fact]
    public async Task Without_a_scanner_files_that_waited_are_released()
    {
        await using var host = new TestHost(("Media:ClamAv", "127.0.0.1:1"));
        using var alice = await MediaClient.RegisterAsync(host, "alice");
        var id = await alice.UploadedAsync("plain words"u8.ToArray());

        await using var restarted = await host.RestartAsync();
        await ScanAsync(restarted, id);

        using var again = await MediaClient.LogInAsync(restarted, "alice");
        Assert.Equal("plain words"u8.ToArray(), await again.BytesAsync(id));
    }

    // As the job does.
    private static async Task ScanAsync(TestHost host, string id) => await (await host.ServiceAsync<IEnumerable<IJob>>()).Single(job => job.Name == "scan-media").RunAsync(id, Ct);

    private static async Task<HttpStatusCode> StatusAsync(MediaClient client, string id) => (await client.AskAsync(HttpMethod.Get, $"/v1/media/{id}")).Status;
}

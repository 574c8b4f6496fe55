using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Media;

/// <summary>Files of servers with one database and one bucket: any server goes on with, and serves, what another has.</summary>
public sealed class SeveralServersMediaTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-").FullName;
    private readonly S3Server _s3 = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_whose_server_is_killed_goes_on_at_another_and_is_read_from_the_bucket()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(S3Server.IsMissing, S3Server.Missing);
        await _s3.StartAsync();
        var settings = new Dictionary<string, string>(Database.NewCluster(_folder))
        {
            ["Media__Folder"] = "",
            ["Media__S3__Bucket"] = S3Server.Bucket,
            ["Media__S3__Endpoint"] = _s3.Endpoint,
            ["Media__S3__AccessKey"] = S3Server.AccessKey,
            ["Media__S3__SecretKey"] = S3Server.SecretKey,
        };
        await using var one = await ServerProcess.StartAsync(settings);
        await using var two = await ServerProcess.StartAsync(new Dictionary<string, string>(settings) { ["Media__Delivery"] = "Redirect" });
        var alice = await Account.RegisterAsync(one, Account.UniqueId("alice"));
        var bytes = new byte[30_000_001];
        new Random(1).NextBytes(bytes);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        http.DefaultRequestHeaders.Authorization = new("Bearer", alice.AccessToken);
        http.DefaultRequestHeaders.Add("Tus-Resumable", "1.0.0");
        using var created = await SendAsync(http, HttpMethod.Post, new Uri(one.Address, "/v1/media/tus"), ("Upload-Length", $"{bytes.Length}"));
        var path = created.Headers.Location!.AbsolutePath;

        var offset = await AppendAsync(http, new Uri(one.Address, path), 0, bytes[..10_000_000]);
        offset = await AppendAsync(http, new Uri(two.Address, path), offset, bytes[offset..13_000_000]);
        await one.KillHardAsync();
        offset = await AppendAsync(http, new Uri(two.Address, path), offset, bytes[offset..20_000_000]);
        await AppendAsync(http, new Uri(two.Address, path), offset, bytes[offset..]);

        using var redirect = await http.GetAsync(new Uri(two.Address, path.Replace("/tus", "", StringComparison.Ordinal)), Ct);
        Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        using var anybody = new HttpClient();
        Assert.Equal(bytes, await anybody.GetByteArrayAsync(redirect.Headers.Location, Ct));
        await one.StartAgainAsync();
        Assert.Equal(bytes, await http.GetByteArrayAsync(new Uri(one.Address, path.Replace("/tus", "", StringComparison.Ordinal)), Ct));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _s3.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<int> AppendAsync(HttpClient http, Uri upload, int offset, byte[] bytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, upload) { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        using var answer = await http.SendAsync(request, Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync(Ct));
        return int.Parse(Assert.Single(answer.Headers.GetValues("Upload-Offset")), CultureInfo.InvariantCulture);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, Uri address, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Add(header.Name, header.Value);
        return await http.SendAsync(request, Ct);
    }
}

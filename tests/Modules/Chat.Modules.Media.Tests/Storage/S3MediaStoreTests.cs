using System.Net;
using System.Net.Sockets;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Media.Storage;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests.Storage;

public sealed class S3MediaStoreTests(S3Server server) : MediaStoreContract, IClassFixture<S3Server>, IAsyncLifetime
{
    private readonly string _prefix = $"{NewKey()}/";
    private S3Bucket? _bucket;

    private protected override IMediaStore Store => new S3MediaStore(_bucket!, Options.Create(new MediaOptions()), TimeProvider.System);

    [Fact]
    public async Task A_signed_address_needs_nothing_else_and_is_good_for_nothing_else()
    {
        var (key, bytes) = (NewKey(), Bytes(1_000));
        await Store.WriteAsync(key, new MemoryStream(bytes), Ct);
        var address = Store.Sign(key, new SignedAnswer(TimeSpan.FromMinutes(5), "image/png", "inline; filename=\"a.png\""))!;
        using var http = new HttpClient();

        using var answer = await http.GetAsync(address, Ct);

        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal(("image/png", "inline; filename=\"a.png\""), (answer.Content.Headers.ContentType?.ToString(), answer.Content.Headers.ContentDisposition?.ToString()));
        foreach (var forged in new[] { address.AbsoluteUri.Replace("image%2Fpng", "text%2Fhtml", StringComparison.Ordinal), address.GetLeftPart(UriPartial.Path) })
        {
            Assert.NotEqual(address.AbsoluteUri, forged);
            using var refused = await http.GetAsync(new Uri(forged), Ct);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
        await Store.DeleteAsync(key, Ct);
    }

    // As the blocks of a browser's recording are read, which say how long it is.
    [Fact]
    public async Task Small_jumps_ahead_ask_for_no_piece_of_their_own()
    {
        var (key, bytes) = (NewKey(), Bytes(10_000_000));
        await Store.WriteAsync(key, new MemoryStream(bytes), Ct);
        var asked = 0;
        _bucket!.Client.BeforeRequestEvent += (_, e) => asked += e is Amazon.Runtime.WebServiceRequestEventArgs { Request: Amazon.S3.Model.GetObjectRequest } ? 1 : 0;
        await using var read = (await Store.OpenAsync(key, Ct))!;
        var part = new byte[1_000];

        for (var offset = 0; offset < bytes.Length - 10_000; offset += 10_000)
        {
            read.Position = offset + 3_000;
            read.Position = offset;
            await read.ReadExactlyAsync(part, Ct);
            Assert.Equal(bytes[offset..(offset + 1_000)], part);
        }

        Assert.InRange(asked, 1, 10);
        await Store.DeleteAsync(key, Ct);
    }

    [Theory]
    [InlineData("other", S3Server.AccessKey, S3Server.SecretKey, "no such bucket")]
    [InlineData(S3Server.Bucket, "other", S3Server.SecretKey, "access key")]
    [InlineData(S3Server.Bucket, S3Server.AccessKey, "other", "secret")]
    public async Task A_start_says_what_is_wrong(string bucket, string accessKey, string secretKey, string expected)
    {
        using var wrong = new S3Bucket(Options.Create(new S3Options { Bucket = bucket, Endpoint = server.Endpoint, AccessKey = accessKey, SecretKey = secretKey }));

        var refusal = await Assert.ThrowsAsync<StorageException>(() => wrong.StartingAsync(Ct));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_away_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        using var away = new S3Bucket(Options.Create(
            new S3Options { Bucket = S3Server.Bucket, Endpoint = address, AccessKey = S3Server.AccessKey, SecretKey = S3Server.SecretKey }));
        var store = new S3MediaStore(away, Options.Create(new MediaOptions()), TimeProvider.System);

        Assert.Contains("Media:S3:Endpoint", (await Assert.ThrowsAsync<StorageException>(() => away.StartingAsync(Ct))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(NewKey(), new MemoryStream(Bytes(10)), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenAsync(NewKey(), Ct));
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(S3Server.IsMissing, S3Server.Missing);
        await server.StartAsync();
        _bucket = new S3Bucket(Options.Create(
            new S3Options { Bucket = S3Server.Bucket, Endpoint = server.Endpoint, AccessKey = S3Server.AccessKey, SecretKey = S3Server.SecretKey, Prefix = _prefix }));
        await _bucket.StartingAsync(Ct);
    }

    public ValueTask DisposeAsync()
    {
        _bucket?.Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override long Room() => server.Files(_prefix).Sum(path => new FileInfo(path).Length);

    private protected override Task AssertNothingIsLeftAsync()
    {
        Assert.Empty(server.Files(_prefix));
        return Task.CompletedTask;
    }
}

using System.Net;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Media.Storage;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests.Storage;

public sealed class S3MediaStoreTests(S3Server server) : MediaStoreContract, IClassFixture<S3Server>, IAsyncLifetime
{
    private readonly string _prefix = $"{NewKey()}/";
    private readonly TestMeters _meters = new();
    private S3Bucket? _bucket;

    private protected override IMediaStore Store => new S3MediaStore(_bucket!, Spools(), Options.Create(new MediaOptions()), TimeProvider.System);

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
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        using var away = new S3Bucket(Options.Create(
            new S3Options { Bucket = S3Server.Bucket, Endpoint = address, AccessKey = S3Server.AccessKey, SecretKey = S3Server.SecretKey }));
        var store = new S3MediaStore(away, Spools(), Options.Create(new MediaOptions()), TimeProvider.System);

        Assert.Contains("Media:S3:Endpoint", (await Assert.ThrowsAsync<StorageException>(() => away.StartingAsync(Ct))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(NewKey(), new MemoryStream(Bytes(10)), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenAsync(NewKey(), Ct));
    }

    // A server that is killed deletes no file.
    [Fact]
    public async Task A_part_on_its_way_has_no_name_in_its_folder()
    {
        using var folder = new SmallDisk();
        await using var spool = Spools(folder.Path).Open();

        await spool.FillAsync(new MemoryStream(Bytes(1_000)), 1_000, Ct);

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Equal(Bytes(1_000), await ReadAsync(spool.Read()));
    }

    [Fact]
    public async Task The_parts_of_all_uploads_have_so_many_bytes_together()
    {
        const int Part = 8 * 1024 * 1024;
        var spools = Spools(most: 2 * Part);
        var store = new S3MediaStore(_bucket!, spools, Options.Create(new MediaOptions()), TimeProvider.System);
        using var held = new HeldStream(Part - 1);
        using var other = new HeldStream(Part - 1);
        var slow = new[] { store.WriteAsync(NewKey(), held, Ct), store.WriteAsync(NewKey(), other, Ct) };
        await held.Waits;
        await other.Waits;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(NewKey(), new MemoryStream(Bytes(1_000)), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync(NewKey(), StoreProgress.None, new MemoryStream(Bytes(1_000)), Ct));
        Assert.Equal(2 * Part, spools.TakenBytes);

        other.End();
        await slow[1];
        var key = NewKey();
        await store.WriteAsync(key, new MemoryStream(Bytes(1_000)), Ct);
        held.End();
        await slow[0];
        await using var read = (await store.OpenAsync(key, Ct))!;
        Assert.Equal(Bytes(1_000), await ReadAsync(read));
        Assert.Equal(0, spools.TakenBytes);
    }

    [Fact]
    public async Task A_full_disk_of_parts_is_no_room_and_leaves_nothing()
    {
        using var disk = new SmallDisk();
        Assert.SkipUnless(disk.TryMount(4), SmallDisk.Missing);
        var store = new S3MediaStore(_bucket!, Spools(disk.Path), Options.Create(new MediaOptions()), TimeProvider.System);

        await Assert.ThrowsAsync<StoreFullException>(() => store.WriteAsync(NewKey(), new MemoryStream(Bytes(5_000_000)), Ct));
        await Assert.ThrowsAsync<StoreFullException>(() => store.AppendAsync(NewKey(), StoreProgress.None, new MemoryStream(Bytes(5_000_000)), Ct));

        await AssertNothingIsLeftAsync();
        await store.WriteAsync(NewKey(), new MemoryStream(Bytes(3_000_000)), Ct);
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
        _meters.Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override long Room() => server.Files(_prefix).Sum(path => new FileInfo(path).Length);

    private S3Spools Spools(string? folder = null, long most = long.MaxValue) =>
        new(Options.Create(new S3Options { SpoolFolder = folder, MaxSpoolBytes = most }), _meters);

    /// <summary>Has some bytes, and then waits to be ended.</summary>
    private sealed class HeldStream(int bytes) : Stream
    {
        private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = bytes;

        public Task Waits => _waits.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void End() => _ended.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Math.Min(buffer.Length, _left);
            _left -= read;
            if (read > 0)
                return read;
            _waits.TrySetResult();
            await _ended.Task.WaitAsync(cancellationToken);
            return 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private protected override Task AssertNothingIsLeftAsync()
    {
        Assert.Empty(server.Files(_prefix));
        return Task.CompletedTask;
    }
}

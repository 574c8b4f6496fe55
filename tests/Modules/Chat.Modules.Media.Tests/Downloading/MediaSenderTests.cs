using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Downloading;
using Chat.Modules.Media.Tests.Catalogue;
using Chat.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests.Downloading;

public sealed class MediaSenderTests
{
    // A client is given time for each write by its size: after a small one, one that is not slow at all was disconnected while the kernel's buffer drained.
    [Fact]
    public async Task A_store_that_gives_a_file_in_small_pieces_is_passed_on_in_large_ones()
    {
        using var meters = new TestMeters();
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);
        var sender = new MediaSender(new SmallPieces(bytes), new MediaMetrics(meters), Options.Create(new MediaOptions()), NullLogger<MediaSender>.Instance);
        using var client = new Client();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(client));
        var id = MediaId.New(MediaWorld.Start);
        var row = new MediaRow
        {
            Id = id, Uploader = MediaWorld.Alice, State = MediaState.Ready, BlobKey = MediaRow.OwnKeyOf(id), Hash = new byte[32], Size = bytes.Length,
            CreatedAt = MediaWorld.Start, KeepUntil = MediaWorld.Start,
        };

        await sender.SendAsync(context, row, MediaWorld.Ct);

        Assert.Equal(bytes, client.ToArray());
        Assert.InRange(client.Flushes, 1, 5);
    }

    private sealed class Client : MemoryStream
    {
        public int Flushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }

    private sealed class SmallPieces(byte[] bytes) : NoStore
    {
        public override Task<Stream?> OpenAsync(string key, CancellationToken ct) => Task.FromResult<Stream?>(new SmallReads(bytes));
    }

    private sealed class SmallReads(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 1_000)], cancellationToken);
    }
}

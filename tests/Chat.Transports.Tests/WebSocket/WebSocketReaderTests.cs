using System.IO.Pipelines;
using System.Text;
using Chat.Host.Transports.WebSocket;

namespace Chat.Transports.Tests.WebSocket;

public sealed class WebSocketReaderTests
{
    private const int MaxFrame = 70_000;
    private const int MaxMessage = 200_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, InlineData(1), InlineData(3), InlineData(1000), InlineData(int.MaxValue)]
    public async Task Frames_of_every_length_are_read_however_they_arrive(int atOnce)
    {
        int[] lengths = [0, 1, 125, 126, 127, 4095, 65_535, 65_536, MaxFrame];
        var random = new Random(5);
        var texts = lengths.Select(length => RandomBytes(random, length)).ToList();
        using var reader = Reader([.. texts.SelectMany(text => Frame(0x81, text, (uint)random.Next()))], atOnce);

        foreach (var text in texts)
        {
            Assert.Equal(Received.Text, await reader.NextAsync(Ct));
            Assert.True(reader.Text.SequenceEqual(text));
        }
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await reader.NextAsync(Ct));
    }

    [Fact]
    public async Task Fragments_are_put_together_past_what_comes_between_them()
    {
        using var reader = Reader(
            [.. Frame(0x01, "he"u8.ToArray(), 1), .. Frame(0x89, "p"u8.ToArray(), 2), .. Frame(0x00, [], 3), .. Frame(0x8A, [], 4), .. Frame(0x80, "llo"u8.ToArray(), 5)]);

        Assert.Equal(Received.Fragment, await reader.NextAsync(Ct));
        Assert.Equal(Received.Ping, await reader.NextAsync(Ct));
        Assert.Equal("p", Encoding.UTF8.GetString(reader.Ping.Span));
        Assert.Equal(Received.Fragment, await reader.NextAsync(Ct));
        Assert.Equal(Received.Pong, await reader.NextAsync(Ct));
        Assert.Equal(Received.Text, await reader.NextAsync(Ct));
        Assert.Equal("hello", Encoding.UTF8.GetString(reader.Text));
    }

    [Fact]
    public async Task What_is_too_large_is_passed_over_and_what_follows_is_read()
    {
        using var reader = Reader(
        [
            .. Frame(0x81, new byte[MaxFrame + 1], 1), .. Frame(0x01, new byte[MaxFrame], 2), .. Frame(0x80, new byte[1], 3),
            .. Frame(0x81, new byte[MaxMessage + 1], 4), .. Frame(0x02, new byte[9], 5), .. Frame(0x80, new byte[9], 6),
            .. Frame(0x81, "ok"u8.ToArray(), 7), .. Frame(0x88, [], 8),
        ]);

        Assert.Equal(Received.TooLarge, await reader.NextAsync(Ct));
        Assert.Equal(Received.Fragment, await reader.NextAsync(Ct));
        Assert.Equal(Received.TooLarge, await reader.NextAsync(Ct));
        Assert.Equal(Received.FarTooLarge, await reader.NextAsync(Ct));
        Assert.Equal(Received.Binary, await reader.NextAsync(Ct));
        Assert.Equal(Received.Fragment, await reader.NextAsync(Ct));
        Assert.Equal(Received.Text, await reader.NextAsync(Ct));
        Assert.Equal("ok", Encoding.UTF8.GetString(reader.Text));
        Assert.Equal(Received.Close, await reader.NextAsync(Ct));
    }

    [Fact]
    public async Task An_absurd_length_is_far_too_large_at_once()
    {
        using var reader = Reader([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);

        Assert.Equal(Received.FarTooLarge, await reader.NextAsync(Ct));
    }

    [Fact]
    public async Task A_malformed_frame_that_comes_byte_by_byte_is_one()
    {
        // Each byte is looked at before the next one is there.
        var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        using var reader = new WebSocketReader(pipe.Reader, MaxFrame, MaxMessage);
        var received = reader.NextAsync(Ct);
        await pipe.Writer.WriteAsync(new byte[] { 0x81 }, Ct);
        await pipe.Writer.WriteAsync(new byte[] { 0x05 }, Ct);

        Assert.Equal(Received.Malformed, await received);
        await pipe.Writer.WriteAsync(new byte[1000], Ct);
        await pipe.Writer.CompleteAsync();
        await reader.DrainAsync(Ct);
    }

    // Whatever comes, the reader ends: with a close, a malformed frame, or the end of the stream.
    [Fact]
    public async Task Any_bytes_are_read_to_an_end()
    {
        var random = new Random(20_260);
        for (var round = 0; round < 5_000; round++)
        {
            var bytes = RandomBytes(random, random.Next(200));
            for (var i = 0; i + 1 < bytes.Length && random.Next(3) > 0; i += 8)
                (bytes[i], bytes[i + 1]) = ((byte)(random.Next(2) << 7 | random.Next(3)), (byte)(0x80 | random.Next(4)));
            var pipe = new Pipe();
            using var reader = new WebSocketReader(pipe.Reader, MaxFrame, MaxMessage);
            var writing = WriteAsync(pipe.Writer, bytes, random.Next(1, 50));
            try
            {
                while (await reader.NextAsync(Ct) is not (Received.Close or Received.Malformed))
                {
                }
            }
            catch (EndOfStreamException)
            {
            }
            await pipe.Reader.CompleteAsync();
            await writing;
        }
    }

    private static async Task WriteAsync(PipeWriter to, byte[] bytes, int atOnce)
    {
        foreach (var part in bytes.Chunk(atOnce))
        {
            if ((await to.WriteAsync(part, Ct)).IsCompleted)
                break;
            await Task.Yield();
        }
        await to.CompleteAsync();
    }

    private static WebSocketReader Reader(byte[] bytes, int atOnce = int.MaxValue) =>
        new(PipeReader.Create(new Trickle(bytes, atOnce)), MaxFrame, MaxMessage);

    private static byte[] Frame(byte first, byte[] payload, uint mask)
    {
        var frame = new byte[FrameHeader.MaxServerBytes + 4 + payload.Length];
        var header = FrameHeader.Write(frame, Opcode.Text, payload.Length);
        frame[0] = first;
        frame[1] |= 0x80;
        BitConverter.TryWriteBytes(frame.AsSpan(header), mask);
        for (var i = 0; i < payload.Length; i++)
            frame[header + 4 + i] = (byte)(payload[i] ^ frame[header + (i % 4)]);
        return frame[..(header + 4 + payload.Length)];
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Gives out so many bytes a read.</summary>
    private sealed class Trickle(byte[] bytes, int atOnce) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, atOnce)], cancellationToken);
    }
}

using Chat.BuildingBlocks.Storage.Cql.Client;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>The server's side of a connection: every request is answered on its own, in whatever order the answers are ready.</summary>
internal sealed class FakeConnection(FakeNode node, int newest, Stream stream, int number) : IAsyncDisposable
{
    private readonly SemaphoreSlim _sending = new(1);
    private bool _segmented;
    private int _version;

    public bool Registered { get; private set; }

    public void Drop() => stream.Dispose();

    public async Task ServeAsync()
    {
        while (true)
        {
            var frames = _segmented ? await ReadSegmentAsync() : [await ReadFrameAsync()];
            foreach (var frame in frames)
            {
                if (frame[0] > newest)
                {
                    _version = newest;
                    await SendAsync(0, FakeReply.Error(CqlErrorCodes.Protocol));
                    continue;
                }
                _version = frame[0];
                var request = FakeRequest.Read(number, frame);
                Registered |= request.Opcode == Opcode.Register;
                if (request.Opcode is Opcode.Options or Opcode.Startup or Opcode.Register or Opcode.AuthResponse)
                    await AnswerAsync(request);
                else
                    _ = AnswerAsync(request);
            }
        }
    }

    public async Task SendAsync(int streamId, FakeReply reply)
    {
        var frame = Wire.Frame(_version, streamId, reply.Opcode, reply.Body);
        var bytes = node.Mangle(_segmented ? Wire.Segments(frame) : frame);
        await _sending.WaitAsync();
        try
        {
            if (!node.Torn)
                await stream.WriteAsync(bytes);
            for (var i = 0; node.Torn && i < bytes.Length; i++)
            {
                await stream.WriteAsync(bytes.AsMemory(i, 1));
                await stream.FlushAsync();
            }
        }
        finally
        {
            _sending.Release();
        }
        if (_version >= 5 && reply.Opcode is Opcode.Ready or Opcode.Authenticate)
            _segmented = true;
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        _sending.Dispose();
    }

    private async Task AnswerAsync(FakeRequest request)
    {
        try
        {
            var reply = await node.AnswerAsync(request);
            if (reply == FakeReply.Drop)
                Drop();
            else if (reply != FakeReply.Never)
                await SendAsync(request.Stream, reply);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The client has gone.
        }
    }

    private async Task<byte[]> ReadFrameAsync()
    {
        var header = await ReadAsync(9);
        return [.. header, .. await ReadAsync(LengthOf(header))];
    }

    private async Task<List<byte[]>> ReadSegmentAsync()
    {
        var payload = new List<byte>();
        while (true)
        {
            var header = await ReadAsync(6);
            Assert.Equal(Checksums.Crc24(header.AsSpan(0, 3)), header[3] | header[4] << 8 | header[5] << 16);
            var bits = header[0] | header[1] << 8 | header[2] << 16;
            var part = await ReadAsync(bits & 0x1FFFF);
            Assert.Equal(Checksums.Crc32(part), BitConverter.ToUInt32(await ReadAsync(4)));
            payload.AddRange(part);
            var whole = payload.ToArray();
            if ((bits & 1 << 17) != 0 || whole.Length >= 9 + LengthOf(whole))
                return [.. Cut(whole)];
        }
    }

    private static IEnumerable<byte[]> Cut(byte[] payload)
    {
        for (var at = 0; at < payload.Length;)
        {
            var length = 9 + LengthOf(payload.AsSpan(at));
            yield return payload[at..(at + length)];
            at += length;
        }
    }

    private static int LengthOf(ReadOnlySpan<byte> header) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header[5..]);

    private async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}

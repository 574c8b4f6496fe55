namespace Chat.Bench.Bus;

/// <summary>A way from one node to another.</summary>
internal interface IBusTransport : IAsyncDisposable
{
    /// <summary>Never waits.</summary>
    void Send(ReadOnlyMemory<byte> message);
}

/// <summary>Sends as one what has gathered while the last batch was under way.</summary>
internal sealed class Batches : IAsyncDisposable
{
    private const int MaxBatchBytes = 262_144;

    private readonly System.Threading.Channels.Channel<ReadOnlyMemory<byte>> _waiting = System.Threading.Channels.Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    private readonly Task _sending;

    public Batches(Func<ReadOnlyMemory<byte>, Task> send) => _sending = SendAsync(send);

    public void Add(ReadOnlyMemory<byte> message) => _waiting.Writer.TryWrite(message);

    public static void Read(ReadOnlyMemory<byte> batch, Action<ReadOnlyMemory<byte>> receive)
    {
        while (batch.Length > 0)
        {
            var length = BitConverter.ToInt32(batch.Span);
            receive(batch.Slice(sizeof(int), length));
            batch = batch[(sizeof(int) + length)..];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        await _sending;
    }

    private async Task SendAsync(Func<ReadOnlyMemory<byte>, Task> send)
    {
        using var batch = new MemoryStream();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            batch.SetLength(0);
            while (batch.Length < MaxBatchBytes && _waiting.Reader.TryRead(out var message))
            {
                batch.Write(BitConverter.GetBytes(message.Length));
                batch.Write(message.Span);
            }
            await send(batch.ToArray());
        }
    }
}

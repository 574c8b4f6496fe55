using System.Buffers;
using System.Buffers.Text;

namespace Chat.Bench.Relay;

/// <summary>Where the relay put a message: its number, id and time, alike in the frame and in the ack.</summary>
internal readonly struct RelayPlace(long seqNo)
{
    public long SeqNo { get; } = seqNo;
    public DateTimeOffset Time { get; } = TimeProvider.System.GetUtcNow();
    public Guid MessageId { get; } = Guid.CreateVersion7();
}

/// <summary>An encoded server frame, in a pooled buffer unless it is for several receivers.</summary>
internal readonly struct RelayFrame : IDisposable
{
    private readonly byte[] buffer;
    private readonly int length;
    private readonly bool pooled;

    private RelayFrame(byte[] buffer, int length, bool pooled) => (this.buffer, this.length, this.pooled) = (buffer, length, pooled);

    public static RelayFrame CaughtUp { get; } = new("{\"type\":\"caughtUp\"}"u8.ToArray(), "{\"type\":\"caughtUp\"}".Length, pooled: false);

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    public void Dispose()
    {
        if (pooled)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The same in memory of its own, for as many as want it.</summary>
    public RelayFrame Shared()
    {
        var shared = new RelayFrame(Bytes.ToArray(), length, pooled: false);
        Dispose();
        return shared;
    }

    public static RelayFrame Message(RelayMessage message, RelayPlace place, ReadOnlySpan<byte> sender)
    {
        var writer = new Writer(300 + message.To.Length + sender.Length + message.Text.Length);
        writer.Raw("{\"type\":\"message\",\"messageId\":\""u8);
        writer.Id(place.MessageId);
        writer.Raw("\",\"conversationId\":\""u8);
        writer.Raw(message.To);
        writer.Raw("\",\"seqNo\":"u8);
        writer.Number(place.SeqNo);
        writer.Raw(",\"senderId\":\""u8);
        writer.Raw(sender);
        writer.Raw("\",\"text\":\""u8);
        writer.Raw(message.Text);
        writer.Raw("\",\"timestamp\":"u8);
        writer.Number(place.Time.ToUnixTimeMilliseconds());
        writer.Raw("}"u8);
        return writer.ToFrame();
    }

    public static RelayFrame Ack(RelayMessage message, RelayPlace place)
    {
        var writer = new Writer(300 + message.To.Length + message.ClientMsgId.Length);
        writer.Raw("{\"type\":\"ack\",\"clientMsgId\":\""u8);
        writer.Raw(message.ClientMsgId);
        writer.Raw("\",\"messageId\":\""u8);
        writer.Id(place.MessageId);
        writer.Raw("\",\"conversationId\":\""u8);
        writer.Raw(message.To);
        writer.Raw("\",\"seqNo\":"u8);
        writer.Number(place.SeqNo);
        writer.Raw(",\"timestamp\":"u8);
        writer.Number(place.Time.ToUnixTimeMilliseconds());
        writer.Raw(",\"status\":\"sent\"}"u8);
        return writer.ToFrame();
    }

    private ref struct Writer(int capacity)
    {
        private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(capacity);
        private int length;

        public void Raw(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(buffer.AsSpan(length));
            length += bytes.Length;
        }

        public void Number(long value)
        {
            Utf8Formatter.TryFormat(value, buffer.AsSpan(length), out var written);
            length += written;
        }

        public void Id(Guid value)
        {
            Utf8Formatter.TryFormat(value, buffer.AsSpan(length), out var written);
            length += written;
        }

        public readonly RelayFrame ToFrame() => new(buffer, length, pooled: true);
    }
}

using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace Chat.Bench.Relay;

/// <summary>One user's WebSocket at the relay: reads frames one after the other, and writes those that others send to it.</summary>
internal sealed class RelayConnection(RelayServer relay, string user, WebSocket socket)
{
    private const int MaxFrameBytes = 64 * 1024;
    private const int MaxWaitingFrames = 1024;

    private readonly byte[] userUtf8 = Encoding.UTF8.GetBytes(user);
    private readonly Lock gate = new();
    private readonly Queue<RelayFrame> waiting = new();     // under gate
    private bool writing;                                   // under gate

    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                // An empty read waits without a buffer, so that an idle connection holds none.
                var received = await socket.ReceiveAsync(Memory<byte>.Empty, ct);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
                    return;
                }

                var buffer = ArrayPool<byte>.Shared.Rent(4096);
                try
                {
                    var length = 0;
                    while (!received.EndOfMessage)
                    {
                        if (length == buffer.Length && !TryGrow(ref buffer))
                            return;
                        received = await socket.ReceiveAsync(buffer.AsMemory(length), ct);
                        length += received.Count;
                    }

                    Handle(buffer.AsSpan(0, length));
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // The client hung up, or the relay stops.
        }
    }

    private static bool TryGrow(ref byte[] buffer)
    {
        if (buffer.Length >= MaxFrameBytes)
            return false;
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
        return true;
    }

    private void Handle(ReadOnlySpan<byte> frame)
    {
        if (!RelayMessage.TryParse(frame, out var message))
            return;
        var other = message.OtherUser(userUtf8);
        var isGroup = message.To.StartsWith("g:"u8);
        if (other.IsEmpty && !isGroup)
            return;

        if (isGroup)
        {
            var group = Encoding.UTF8.GetString(message.To);
            RelayPlace numbered;
            // Numbered and queued in the same order; encoded once for all.
            lock (relay.GateOf(group))
            {
                numbered = new RelayPlace(relay.NextSeqNo());
                var shared = RelayFrame.Message(message, numbered, userUtf8).Shared();
                foreach (var member in relay.ReceiversOf(group, user))
                    relay.Find(member)?.Send(shared);
            }

            Send(RelayFrame.Ack(message, numbered));
            return;
        }

        Span<char> name = stackalloc char[other.Length];
        var receiver = relay.Find(name[..Encoding.UTF8.GetChars(other, name)]);
        var place = new RelayPlace(relay.NextSeqNo());
        receiver?.Send(RelayFrame.Message(message, place, userUtf8));
        Send(RelayFrame.Ack(message, place));
    }

    /// <summary>Sends at once when nothing is under way, else behind what is. A reader that is too slow is cut off.</summary>
    public void Send(RelayFrame frame)
    {
        lock (gate)
        {
            if (writing)
            {
                if (waiting.Count < MaxWaitingFrames)
                {
                    waiting.Enqueue(frame);
                    return;
                }

                frame.Dispose();
                socket.Abort();
                return;
            }

            writing = true;
        }

        _ = WriteAsync(frame);      // catches all it can meet
    }

    private async Task WriteAsync(RelayFrame frame)
    {
        while (true)
        {
            try
            {
                await socket.SendAsync(frame.Bytes, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
            catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
            {
                // The reading side meets the same end and closes the connection; what waits is thrown away here.
            }

            frame.Dispose();
            lock (gate)
            {
                if (!waiting.TryDequeue(out frame))
                {
                    writing = false;
                    return;
                }
            }
        }
    }
}

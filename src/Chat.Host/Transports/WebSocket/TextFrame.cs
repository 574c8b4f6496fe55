using System.Buffers;
using System.IO.Pipelines;
using Chat.Host.Transports.Frames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.WebSocket;

/// <summary>An event as the very bytes of its WebSocket frame. A server's frames bear no mask, so all receivers are sent the same ones.</summary>
internal static class TextFrame
{
    /// <summary>The number of this transport's encoding, kept with each event.</summary>
    private const int EncodingSlot = 0;

    public static void Write(ServerEvent @event, PipeWriter output)
    {
        if (@event.HasOneReceiver)
            FrameJson.Encode(@event, output, static (json, output) => WriteFrame(json, output));
        else
            output.Write(@event.EncodedAs(EncodingSlot, static e => FrameJson.Encode(e, Wrap)));
    }

    private static byte[] Wrap(ReadOnlySpan<byte> json)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerBytes];
        header = header[..FrameHeader.Write(header, Opcode.Text, json.Length)];
        var frame = new byte[header.Length + json.Length];
        header.CopyTo(frame);
        json.CopyTo(frame.AsSpan(header.Length));
        return frame;
    }

    private static void WriteFrame(ReadOnlySpan<byte> json, PipeWriter output)
    {
        output.Advance(FrameHeader.Write(output.GetSpan(FrameHeader.MaxServerBytes), Opcode.Text, json.Length));
        output.Write(json);
    }
}

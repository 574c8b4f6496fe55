using System.Text.Encodings.Web;
using System.Text.Json;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>Frames as UTF-8 JSON objects with their <c>type</c>: what <c>/ws</c> sends.</summary>
internal static class FrameJson
{
    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");

    // The JSON is never part of HTML: only what JSON requires is escaped, which keeps frames small.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // A thread that encoded a large page does not keep so large a buffer.
    private const int MaxKeptBytes = 64 * 1024;

    [ThreadStatic] private static PooledBuffer? _buffer;
    [ThreadStatic] private static Utf8JsonWriter? _json;

    public static byte[] Encode(ServerEvent @event) => Encode(@event, static json => json.ToArray());

    /// <summary>The JSON in the form that <paramref name="wrap"/> gives it.</summary>
    public static byte[] Encode(ServerEvent @event, Func<ReadOnlySpan<byte>, byte[]> wrap)
    {
        var buffer = _buffer ??= new PooledBuffer();
        try
        {
            return wrap(Write(@event, buffer));
        }
        finally
        {
            buffer.Clear(MaxKeptBytes);
        }
    }

    /// <summary>Gives the JSON to <paramref name="write"/>, which must not keep it.</summary>
    public static void Encode<TTo>(ServerEvent @event, TTo to, Action<ReadOnlySpan<byte>, TTo> write)
    {
        var buffer = _buffer ??= new PooledBuffer();
        try
        {
            write(Write(@event, buffer), to);
        }
        finally
        {
            buffer.Clear(MaxKeptBytes);
        }
    }

    private static ReadOnlySpan<byte> Write(ServerEvent @event, PooledBuffer buffer)
    {
        var frame = ServerFrameRegistry.Of(@event);
        var json = _json ??= new Utf8JsonWriter(buffer, Options);
        json.Reset();
        json.WriteStartObject();
        json.WriteString(Type, frame.EncodedType);
        var fields = new JsonFields(json);
        frame.Write(@event, ref fields);
        json.WriteEndObject();
        json.Flush();
        return buffer.Written;
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports.Frames;

/// <summary>Frames as UTF-8 JSON objects with their <c>type</c>: what <c>/ws</c> sends.</summary>
internal static class FrameJson
{
    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");

    // Not HTML: only what JSON itself wants escaped is, so that text costs its own bytes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // A thread that encoded a large page does not keep the room for it.
    private const int MaxKeptBytes = 64 * 1024;

    [ThreadStatic] private static PooledBuffer? _buffer;
    [ThreadStatic] private static Utf8JsonWriter? _json;

    public static byte[] Encode(ServerEvent @event) => Encode(@event, static json => json.ToArray());

    /// <summary>The JSON, wrapped by who sends it before it is kept.</summary>
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

    /// <summary>The JSON to who has no need to keep it.</summary>
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
        var json = _json ??= new Utf8JsonWriter(buffer, Options);
        json.Reset();
        json.WriteStartObject();
        json.WriteString(Type, ServerFrame.TypeOf(@event));
        var fields = new JsonFields(json);
        ServerFrame.WriteTo(@event, ref fields);
        json.WriteEndObject();
        json.Flush();
        return buffer.Written;
    }

    private readonly struct JsonFields(Utf8JsonWriter json) : IFieldWriter
    {
        public void Text(JsonEncodedText name, string? value)
        {
            if (value is not null)
                json.WriteString(name, value);
        }

        public void Text(JsonEncodedText name, Utf8Text value) => json.WriteString(name, value.Span);

        public void Id(JsonEncodedText name, MessageId? value)
        {
            if (value is { } id)
                json.WriteString(name, id.Value);
        }

        public void Number(JsonEncodedText name, long? value)
        {
            if (value is { } number)
                json.WriteNumber(name, number);
        }

        public void Flag(JsonEncodedText name, bool value) => json.WriteBoolean(name, value);

        public void List<T, TFields>(JsonEncodedText name, IReadOnlyList<T> items, TFields item) where TFields : struct, IFieldsOf<T>
        {
            json.WriteStartArray(name);
            for (var i = 0; i < items.Count; i++)
            {
                json.WriteStartObject();
                var fields = this;
                item.WriteTo(items[i], ref fields);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
    }
}

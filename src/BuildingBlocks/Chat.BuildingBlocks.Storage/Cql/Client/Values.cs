using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A statement's values as bytes (§6).</summary>
internal static class Values
{
    private const int Null = -1;

    /// <summary>A value with its length before it, [value] in §3.</summary>
    /// <exception cref="ArgumentException">It is of no type that <see cref="CqlStatement"/> takes.</exception>
    public static void Write(BodyWriter writer, object? value)
    {
        if (value is null)
        {
            writer.Int(Null);
            return;
        }
        var at = writer.Length;
        writer.Int(0);
        WritePlain(writer, value);
        writer.IntAt(at, writer.Length - at - 4);
    }

    /// <summary>A value's bytes alone.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WritePlain(BodyWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                Encoding.UTF8.GetBytes(text, writer.Take(Encoding.UTF8.GetByteCount(text)));
                break;
            case Utf8Text text:
                writer.Raw(text.Span);
                break;
            case long number:
                writer.Long(number);
                break;
            case int number:
                writer.Int(number);
                break;
            case bool yes:
                writer.Byte(yes ? (byte)1 : (byte)0);
                break;
            case Guid id:
                id.TryWriteBytes(writer.Take(16), bigEndian: true, out _);
                break;
            case byte[] bytes:
                writer.Raw(bytes);
                break;
            case ReadOnlyMemory<byte> bytes:
                writer.Raw(bytes.Span);
                break;
            case DateTimeOffset time:
                writer.Long(time.ToUnixTimeMilliseconds());
                break;
            case double number:
                BinaryPrimitives.WriteDoubleBigEndian(writer.Take(8), number);
                break;
            case IReadOnlyList<string> texts:
                writer.Int(texts.Count);
                for (var i = 0; i < texts.Count; i++)
                    Write(writer, texts[i]);
                break;
            case System.Collections.IEnumerable list:
                WriteList(writer, list);
                break;
            default:
                throw new ArgumentException($"A {value.GetType().Name} is no value for a statement.", nameof(value));
        }
    }

    private static void WriteList(BodyWriter writer, System.Collections.IEnumerable list)
    {
        var at = writer.Length;
        var count = 0;
        writer.Int(0);
        foreach (var element in list)
        {
            Write(writer, element);
            count++;
        }
        writer.IntAt(at, count);
    }
}

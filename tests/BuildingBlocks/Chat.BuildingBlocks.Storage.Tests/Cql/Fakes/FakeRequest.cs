using System.Text;
using Chat.BuildingBlocks.Storage.Cql.Client;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>
/// A request as a fake node got it. Connections count from 0, in the order they came; the text is there for prepared statements too, of a
/// batch the first one's; a value that is null is null.
/// </summary>
internal sealed record FakeRequest(int Connection, int Version, int Stream, Opcode Opcode, string Cql, IReadOnlyList<byte[]?> Values, int Consistency, byte[] Body)
{
    public static FakeRequest Read(int connection, byte[] frame)
    {
        var (version, stream, opcode) = (frame[0], frame[2] << 8 | frame[3], (Opcode)frame[4]);
        var body = frame[9..];
        var reader = new BodyReader(body);
        var (cql, consistency, values) = ("", 0, new List<byte[]?>());
        switch (opcode)
        {
            case Opcode.Query:
                cql = Text(reader.Bytes());
                consistency = reader.Short();
                break;
            case Opcode.Prepare:
                cql = Text(reader.Bytes());
                break;
            case Opcode.Execute:
                cql = Statement(ref reader);
                if (version >= 5)
                    reader.ShortBytes();
                consistency = reader.Short();
                if (((version >= 5 ? reader.Int() : reader.Byte()) & 1) != 0)
                    ReadValues(ref reader, values);
                break;
            case Opcode.Batch:
                reader.Byte();
                for (var left = reader.Short(); left > 0; left--)
                {
                    reader.Byte();
                    var text = Statement(ref reader);
                    cql = cql.Length == 0 ? text : cql;
                    ReadValues(ref reader, values);
                }
                consistency = reader.Short();
                break;
            default:
                break;
        }
        return new FakeRequest(connection, version, stream, opcode, cql, values, consistency, body);
    }

    private static string Statement(ref BodyReader reader) => Text(reader.ShortBytes())["id of ".Length..];

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static void ReadValues(ref BodyReader reader, List<byte[]?> values)
    {
        for (var left = reader.Short(); left > 0; left--)
        {
            var peek = reader;
            var length = peek.Int();
            values.Add(length < 0 ? null : reader.Bytes().ToArray());
            if (length < 0)
                reader.Int();
        }
    }
}

using System.Text;
using Chat.BuildingBlocks.Storage.Cql.Client;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>What a fake node answers.</summary>
/// <param name="Opcode">Of the answer.</param>
/// <param name="Body">After the frame's header.</param>
internal sealed record FakeReply(Opcode Opcode, byte[] Body)
{
    /// <summary>No answer, ever.</summary>
    public static readonly FakeReply Never = new(Opcode.Event, []);

    /// <summary>The connection ends instead.</summary>
    public static readonly FakeReply Drop = new(Opcode.Event, [1]);

    public static readonly FakeReply Void = new(Opcode.Result, new Wire().Int(1).Bytes);

    public static readonly FakeReply Ready = new(Opcode.Ready, []);

    /// <summary>Column types by name, rows of written-out values: see <see cref="Wire.Value(byte[])"/>.</summary>
    public static FakeReply Rows(CqlType[] types, params byte[][] rows)
    {
        var body = new Wire().Int(2).Int(1).Int(types.Length).String("ks").String("t");
        foreach (var type in types)
        {
            body.String("c").Short((short)type);
            if (type is CqlType.Set)
                body.Short((short)CqlType.Varchar);
            if (type is CqlType.Map)
                body.Short((short)CqlType.Varchar).Short((short)CqlType.Varchar);
        }
        body.Int(rows.Length);
        foreach (var row in rows)
            body.Raw(row);
        return new FakeReply(Opcode.Result, body.Bytes);
    }

    /// <summary>One row with one text.</summary>
    public static FakeReply Text(string text) => Rows([CqlType.Varchar], new Wire().Value(text).Bytes);

    public static FakeReply Error(int code, params byte[] more) => new(Opcode.Error, new Wire().Int(code).String("as scripted").Raw(more).Bytes);

    /// <summary>All parameters are texts, the first is the partition key.</summary>
    public static FakeReply Prepared(string cql, int version)
    {
        var parameters = cql.Count(one => one == '?');
        var body = new Wire().Int(4).ShortBytes(IdOf(cql));
        if (version >= 5)
            body.ShortBytes([1, 2, 3]);
        body.Int(1).Int(parameters).Int(parameters == 0 ? 0 : 1);
        if (parameters > 0)
            body.Short(0);
        body.String("ks").String("t");
        for (var i = 0; i < parameters; i++)
            body.String("p").Short((short)CqlType.Varchar);
        body.Int(1).Int(1).String("ks").String("t").String("c").Short((short)CqlType.Varchar);
        return new FakeReply(Opcode.Result, body.Bytes);
    }

    public static byte[] IdOf(string cql) => Encoding.UTF8.GetBytes("id of " + cql);
}

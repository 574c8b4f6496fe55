using System.Text;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>Statements that a fake node can make sense of, and the value that came with them.</summary>
internal static class Statements
{
    public static CqlStatement Select(string text) => new("SELECT c FROM t WHERE p = ?", text);

    /// <summary>One that must not be done twice.</summary>
    public static CqlStatement Insert(string text) => new("INSERT INTO t (p) VALUES (?) IF NOT EXISTS", text) { Idempotent = false };

    public static string TextOf(FakeRequest request) => Encoding.UTF8.GetString(request.Values[0]!);
}

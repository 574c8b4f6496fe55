using System.Text.Json;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>What a refusal tells beside its circumstances: two of them must not be told apart by it.</summary>
internal static class Alike
{
    private static readonly string[] _circumstances = ["traceId", "requestId", "instance", "clientMsgId"];

    public static string Of(JsonElement refusal) => string.Join(
        ", ", refusal.EnumerateObject().Where(p => !_circumstances.Contains(p.Name)).Select(p => p.ToString()).Order(StringComparer.Ordinal));
}

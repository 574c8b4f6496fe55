namespace Chat.Bench.Wire;

/// <summary>
/// SignalR's JSON messages as the frames of <c>/ws</c>. Each ends with a byte of its own: a WebSocket message may have several of them, or a part of one.
/// </summary>
internal sealed class HubFrames(Action<ServerFrame> take) : IFrameHandler
{
    public const string Handshake = "{\"protocol\":\"json\",\"version\":1}\u001e";
    private const byte End = 0x1E;

    private byte[] kept = [];      // the beginning of a message

    public static ReadOnlySpan<byte> Ping => "{\"type\":6}\u001e"u8;

    /// <param name="method">The hub's.</param>
    /// <param name="argument">JSON.</param>
    /// <param name="answered">Else the server sends no result. The answers name their attempts: all calls can have the same id.</param>
    public static string Call(string method, string argument, bool answered) =>
        $"{{\"type\":1,\"target\":\"{method}\",{(answered ? "\"invocationId\":\"1\"," : "")}\"arguments\":[{argument}]}}\u001e";

    public void OnFrame(ReadOnlySpan<byte> json)
    {
        for (int end; (end = json.IndexOf(End)) >= 0; json = json[(end + 1)..])
        {
            if (kept.Length == 0)
            {
                take(ServerFrame.ParseHub(json[..end]));
                continue;
            }

            byte[] whole = [.. kept, .. json[..end]];
            kept = [];
            take(ServerFrame.ParseHub(whole));
        }

        if (json.Length > 0)
            kept = [.. kept, .. json];
    }
}

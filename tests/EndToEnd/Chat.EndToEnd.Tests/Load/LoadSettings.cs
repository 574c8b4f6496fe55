using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>What the clients of one load share.</summary>
internal sealed class LoadSettings
{
    private int _restarts;
    private long _acked;

    public Moments Moments { get; } = new();

    /// <summary>How often the server was ended so far.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    public long Acked => Volatile.Read(ref _acked);

    public void CountRestart() => Interlocked.Increment(ref _restarts);

    public void CountAck() => Interlocked.Increment(ref _acked);

    public static LoggedMessage ReadMessage(JsonElement json) =>
        new(json.Text("messageId"), json.Number("seqNo"), json.Text("senderId"), json.TextOrNull("clientMsgId"), json.Text("text"));
}

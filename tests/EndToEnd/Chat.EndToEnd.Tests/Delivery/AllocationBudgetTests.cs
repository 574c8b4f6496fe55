using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

/// <summary>
/// What a message takes from the server's managed heap. The bytes follow from the code and hardly from the machine, and the more they are, the more often the collector runs. Whoever has
/// to raise a limit says why.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class AllocationBudgetTests
{
    // As many as a client acks at once (clients/README.md).
    private const int AtATime = 32;
    private const int WarmUp = 32 * AtATime;
    private const int Messages = 128 * AtATime;

    // docs/performance.md has what was measured.
    private const double SendBytes = 2_300;
    private const double SendAndDeliveryBytes = 2_750;

    [Fact]
    public async Task A_message_to_an_absent_user_and_one_to_a_reader_stay_within_their_bytes()
    {
        // Optimised from the start: what is compiled in haste allocates more.
        await using var server = await ServerProcess.StartAsync(new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "0" });
        var (sender, absent, present) = (
            await Account.RegisterAsync(server, "sender"), await Account.RegisterAsync(server, "absent"), await Account.RegisterAsync(server, "present"));
        await using var sending = await WireClient.ConnectAsync(sender);
        await using var reading = await WireClient.ConnectAsync(present);

        var toAbsent = await MeasureAsync(server, () => SendAsync(sending, $"dm:{absent.UserId}:{sender.UserId}", reader: null, AtATime), WarmUp, Messages);
        var toPresent = await MeasureAsync(server, () => SendAsync(sending, $"dm:{present.UserId}:{sender.UserId}", reading, AtATime), WarmUp, Messages);

        TestContext.Current.TestOutputHelper?.WriteLine($"{toAbsent:F0} bytes for a send, {toPresent:F0} for a send and its delivery");
        Assert.InRange(toAbsent, 1, SendBytes);
        Assert.InRange(toPresent, 1, SendAndDeliveryBytes);
    }

    private static async Task<double> MeasureAsync(ServerProcess server, Func<Task> send, int warmUp, int messages)
    {
        for (var sent = 0; sent < warmUp; sent += AtATime)
            await send();
        var (bytesBefore, messagesBefore) = await AllocatedAsync(server);
        for (var sent = 0; sent < messages; sent += AtATime)
            await send();
        // The server counts at most every 300 ms.
        var (bytes, appended) = (0.0, 0.0);
        await Until.TrueAsync(
            async () => ((bytes, appended) = await AllocatedAsync(server)).appended >= messagesBefore + messages, "all messages are counted", () => server.Output);
        return (bytes - bytesBefore) / (appended - messagesBefore);
    }

    private static async Task<(double Bytes, double Messages)> AllocatedAsync(ServerProcess server) =>
        (await server.MetricAsync("dotnet_gc_heap_total_allocated_bytes_total"), await server.MetricAsync("chat_messages_appended_total"));

    /// <summary>Sends some at once, and waits until all are acked and, by a reader, received and acked.</summary>
    private static async Task SendAsync(WireClient sender, string conversation, WireClient? reader, int count)
    {
        var last = "";
        for (var i = 0; i < count; i++)
        {
            last = Guid.CreateVersion7().ToString("n");
            var frame = $$"""{"type":"message","to":"{{conversation}}","text":"{{new string('x', 100)}}","clientMsgId":"{{last}}"}""";
            await sender.SendRawAsync(frame);
        }
        var ack = await sender.Received.TakeAsync("ack", frame => frame.TextOrNull("clientMsgId") == last);
        if (reader is null)
            return;
        await reader.Received.TakeAsync("message", frame => frame.Number("seqNo") == ack.Number("seqNo"));
        await reader.AckAsync(new { conversationId = conversation, seqNo = ack.Number("seqNo"), status = "delivered" });
    }
}

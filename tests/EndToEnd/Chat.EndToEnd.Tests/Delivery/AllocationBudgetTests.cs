using System.Globalization;
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
    // Half of what may be un-acked. Many at a time, as what the server does beside them counts too.
    private const int AtATime = 128;
    private const int WarmUp = 8 * AtATime;
    private const int Messages = 16 * AtATime;
    private const int Windows = 3;

    // docs/performance.md has what was measured; the rest is for what a busy machine adds.
    private const double SendBytes = 2_700;
    private const double SendAndDeliveryBytes = 3_100;

    [Fact]
    public async Task A_message_to_an_absent_user_and_one_to_a_reader_stay_within_their_bytes()
    {
        // Optimised from the start: what is compiled in haste allocates more.
        await using var server = await ServerProcess.StartAsync(new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "0" });
        var (sender, absent, present) = (
            await Account.RegisterAsync(server, "sender"), await Account.RegisterAsync(server, "absent"), await Account.RegisterAsync(server, "present"));
        await using var sending = await WireClient.ConnectAsync(sender, ct: TestContext.Current.CancellationToken);
        await using var reading = await WireClient.ConnectAsync(present, ct: TestContext.Current.CancellationToken);

        var toAbsent = await LeastAsync(server, () => SendAsync(sending, $"dm:{absent.UserId}:{sender.UserId}", reader: null, AtATime));
        var toPresent = await LeastAsync(server, () => SendAsync(sending, $"dm:{present.UserId}:{sender.UserId}", reading, AtATime));

        TestContext.Current.TestOutputHelper?.WriteLine($"{toAbsent:F0} bytes for a send, {toPresent:F0} for a send and its delivery");
        Assert.InRange(toAbsent, 1, SendBytes);
        Assert.InRange(toPresent, 1, SendAndDeliveryBytes);
    }

    private static async Task<double> LeastAsync(ServerProcess server, Func<Task> send)
    {
        for (var sent = 0; sent < WarmUp; sent += AtATime)
            await send();
        var least = double.MaxValue;
        for (var window = 0; window < Windows; window++)
            least = Math.Min(least, await MeasureAsync(server, send, Messages));
        return least;
    }

    private static async Task<double> MeasureAsync(ServerProcess server, Func<Task> send, int messages)
    {
        var (bytesBefore, messagesBefore) = await AllocatedAsync(server);
        for (var sent = 0; sent < messages; sent += AtATime)
            await send();
        // The server counts at most every 300 ms.
        var (bytes, appended) = (0.0, 0.0);
        await Until.TrueAsync(
            async () => ((bytes, appended) = await AllocatedAsync(server)).appended >= messagesBefore + messages, "all messages are counted", () => server.Output);
        return (bytes - bytesBefore) / (appended - messagesBefore);
    }

    // Both of one answer: the next one may be of another moment.
    private static async Task<(double Bytes, double Messages)> AllocatedAsync(ServerProcess server)
    {
        var metrics = (await new RestClient(server.Address).GetAsync("/metrics")).Content.Split('\n');
        return (Value("dotnet_gc_heap_total_allocated_bytes_total"), Value("chat_messages_appended_total"));

        double Value(string name) => double.Parse(
            metrics.Single(line => line.StartsWith(name + "{", StringComparison.Ordinal)).Split('}')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }

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

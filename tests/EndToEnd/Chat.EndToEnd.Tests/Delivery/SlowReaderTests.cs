using System.Net;
using System.Net.WebSockets;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

[Collection(HeavyTests.Name)]
public sealed class SlowReaderTests
{
    private const int Messages = 2_000;
    private const int TextLength = 16 * 1024;
    private const int Stalled = 10;
    private const int Readers = 3;
    private const int SendsAtATime = 8;

    // All that the stalled readers do not read comes to 320 MB.
    private const long MemoryAllowed = 150L * 1024 * 1024;

    [Fact]
    public async Task A_reader_that_stops_slows_nobody_fills_no_memory_and_misses_nothing_after_its_return()
    {
        await using var server = await ServerProcess.StartAsync();
        var sender = await Account.RegisterAsync(server, "sender");
        var readers = await Account.RegisterManyAsync(server, "reader", Readers);
        var stalled = await Account.RegisterManyAsync(server, "stalled", Stalled);
        var group = await sender.CreateGroupAsync("Slow", [.. readers, .. stalled]);
        var reading = await Task.WhenAll(readers.Select(r => r.ConnectCaughtUpAsync()));
        var stalling = await Task.WhenAll(stalled.Select(WireClient.ConnectStalledAsync));
        await SendAsync(sender, group, 0, Messages / 10);
        var memoryBefore = server.ResidentBytes();

        var received = Task.WhenAll(reading.Select(r => r.ReceiveUpToAsync(group, LastSeqNo)));
        await SendAsync(sender, group, Messages / 10, Messages);
        var others = await received;

        Assert.All(others, o => Assert.Equal(Numbers, Distinct(o)));
        var grown = server.ResidentBytes() - memoryBefore;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Stalled} readers left {(long)Stalled * Messages * TextLength / 1024 / 1024} MiB unread; the server grew from {memoryBefore / 1024 / 1024} MiB by {grown / 1024 / 1024} MiB.");
        Assert.True(grown < MemoryAllowed, $"The server grew by {grown / 1024 / 1024} MiB.");

        foreach (var (i, client) in stalling.Index())
        {
            if (i % 2 == 0)
                client.ReadOn();
            else
                await client.CutAsync();

            Assert.Equal(Numbers, Distinct(await ReceiveAllAsync(client, stalled[i], group)));
        }

        foreach (var client in reading.Concat(stalling))
            await client.DisposeAsync();
    }

    // The first is the notice that the group was created.
    private const int LastSeqNo = Messages + 1;

    private static IEnumerable<long> Numbers => Enumerable.Range(2, Messages).Select(i => (long)i);

    // A message that was not acked in time may come again, never in another order.
    private static IEnumerable<long> Distinct(IEnumerable<Frame> messages) => messages.Select(m => m.Number("seqNo")).Distinct();

    private static Task SendAsync(Account sender, string group, int from, int to)
    {
        var text = new string('x', TextLength);
        return Parallel.ForEachAsync(
            Enumerable.Range(from, to - from),
            new ParallelOptions { MaxDegreeOfParallelism = SendsAtATime, CancellationToken = TestContext.Current.CancellationToken },
            async (i, _) => (await sender.Rest.SendMessageAsync(group, text, $"{i}")).Expect(HttpStatusCode.Created));
    }

    /// <summary>What the connection still brings, and, once it has ended, the rest on a new one: the server waits for a reader only so long.</summary>
    private static async Task<List<Frame>> ReceiveAllAsync(WireClient client, Account reader, string group)
    {
        var received = new List<Frame>();
        try
        {
            await client.ReceiveUpToAsync(group, LastSeqNo, received: received);
            return received;
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException && client.Closed.IsCompleted)
        {
            await using var again = await reader.ConnectAsync();
            await again.ReceiveUpToAsync(group, LastSeqNo, received: received);
            return received;
        }
    }
}

using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Delivery;

[Collection(HeavyTests.Name)]
public sealed class OfflineDrainTests
{
    private const int Waiting = 10_000;
    private const int Senders = 4;
    private const int SendsAtATime = 64;

    [Fact]
    public async Task Ten_thousand_messages_wait_and_after_a_cut_exactly_the_unacked_rest_comes_again()
    {
        await using var server = await ServerProcess.StartAsync();
        var absent = await Account.RegisterAsync(server, "absent");
        var senders = await Account.RegisterManyAsync(server, "sender", Senders);
        var group = await senders[0].CreateGroupAsync("Busy", [.. senders[1..], absent]);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Waiting),
            new ParallelOptions { MaxDegreeOfParallelism = SendsAtATime, CancellationToken = TestContext.Current.CancellationToken },
            async (i, _) => (await senders[i % Senders].Rest.SendMessageAsync(group, $"message {i}", $"{i}")).Expect(HttpStatusCode.Created));
        var log = await absent.Rest.ReadLogAsync(group);
        Assert.Equal(Waiting, log.Count);
        var half = log[(Waiting / 2) - 1].Number("seqNo");

        var started = TimeProvider.System.GetTimestamp();
        List<Frame> first;
        await using (var client = await absent.ConnectAsync())
        {
            first = await client.ReceiveUpToAsync(group, half);
            await client.PingAsync();
            await client.CutAsync();
        }

        await using var again = await absent.ConnectAsync();
        var rest = await again.ReceiveUpToAsync(group, log[^1].Number("seqNo"));
        await again.ExpectAsync("caughtUp");

        TestContext.Current.TestOutputHelper?.WriteLine($"{Waiting} messages drained in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F1} s.");
        Assert.Equal(log[..(Waiting / 2)].Select(m => m.Text("messageId")), first.Select(m => m.Text("messageId")));
        Assert.Equal(log[(Waiting / 2)..].Select(m => m.Text("messageId")), rest.Select(m => m.Text("messageId")));
    }
}

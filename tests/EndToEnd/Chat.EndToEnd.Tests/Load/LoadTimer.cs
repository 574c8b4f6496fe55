using System.Net;
using System.Text.Json;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>A member who sets the timer of a conversation and ends it, in turn, and reads the newest messages in between, each through any server.</summary>
/// <param name="account">On a device of its own, which does not connect: the user's other devices are told of what it sets.</param>
internal sealed class LoadTimer(Account account, string conversation, LoadSettings load, CancellationToken leaving)
{
    // Seconds for which messages are shown. The lowest that a server takes, so that many expire while the load runs.
    private const int Fewest = 5;
    private const int Most = 7;
    private const int ReadsPerTimer = 6;
    private const int PageSize = 100;

    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private int _last;

    /// <summary>What the user did.</summary>
    public DeviceHistory History { get; } = new(account.UserId, $"timer of {conversation}");

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_pace);
        try
        {
            for (var i = 0; await timer.WaitForNextTickAsync(stop); i++)
            {
                if (i % ReadsPerTimer == 0)
                    await SetAsync(i / ReadsPerTimer % 2 == 0 ? Random.Shared.Next(Fewest, Most + 1) : 0);
                else
                    await ReadAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop, or to leave.
        }
    }

    /// <summary>Whether nothing is left that expires.</summary>
    public async Task<bool> IsOverAsync() => !(await PageAsync(account.Rest)).Expect(HttpStatusCode.OK).Items("messages").Exists(message => message.NumberOrNull("expiresAt") is not null);

    private async Task SetAsync(int seconds)
    {
        var (begun, clientMsgId) = (load.Moments.Next(), $"{account.DeviceId}-timer-{++_last}");
        while (true)
        {
            var answer = await LoadCalls.TryAsync(rest => rest.SendAsync(HttpMethod.Put, $"/v1/conversations/{conversation}/timer", JsonSerializer.Serialize(new { seconds, clientMsgId })), AnyServer());
            if (answer is not null)
            {
                Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, $"{answer}");
                History.Add(new HistoryEvent.TimerSet(begun, conversation, clientMsgId, seconds, load.Moments.Next(), answer.Json.Text("messageId"), answer.Json.Number("seqNo")));
                return;
            }
            await Task.Delay(_pause, leaving);
        }
    }

    private async Task ReadAsync()
    {
        var (reader, begun) = (AnyServer(), load.Moments.Next());
        if (await LoadCalls.TryAsync(PageAsync, reader) is { } answer)
            History.Add(new HistoryEvent.PageRead(begun, LoadReading.ReadPage(reader, conversation, answer.Expect(HttpStatusCode.OK)), load.Moments.Next()));
    }

    private Task<RestAnswer> PageAsync(RestClient rest) => rest.GetAsync($"/v1/conversations/{conversation}/messages?before={long.MaxValue >> 10}&limit={PageSize}");

    private Account AnyServer() => account.At(load.Servers[Random.Shared.Next(load.Servers.Count)]);
}

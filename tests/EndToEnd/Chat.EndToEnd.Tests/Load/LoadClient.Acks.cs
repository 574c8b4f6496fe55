using System.Collections.Concurrent;
using System.Threading.Channels;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;

namespace Chat.EndToEnd.Tests.Load;

// What the device acks.
internal sealed partial class LoadClient
{
    // Where no notification hangs on it, a user reads now and then.
    private const int ReadEvery = 50;

    // The server limits pings.
    private static readonly TimeSpan _askEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>One cumulative ack a conversation for whatever came in the meantime.</summary>
    private async Task SendAcksAsync(IFrameConnection client, int connection, ChannelReader<(string, long)> received, Unanswered unanswered)
    {
        var highest = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await received.WaitToReadAsync())
        {
            highest.Clear();
            while (received.TryRead(out var place))
                highest[place.Item1] = Math.Max(place.Item2, highest.GetValueOrDefault(place.Item1));

            foreach (var (conversation, seqNo) in highest)
            {
                var isRead = _isReader || _load.Notifications is null && Random.Shared.Next(ReadEvery) == 0;
                var acking = new HistoryEvent.Acking(_load.Moments.Next(), connection, conversation, seqNo, isRead);
                History.Add(acking);
                await TryAsync(() => client.SendAsync("ack", new { conversationId = conversation, seqNo, status = isRead ? "read" : "delivered" }));
                unanswered.Sent.Enqueue(acking);
            }
        }
    }

    /// <summary>Asks the server now and then whether it has handled the acks: it answers a ping after what was sent before.</summary>
    private static async Task AskAsync(IFrameConnection client, Unanswered unanswered)
    {
        while (await Task.WhenAny(client.Closed, Task.Delay(_askEvery)) != client.Closed)
        {
            var asked = new List<HistoryEvent.Acking>();
            while (unanswered.Sent.TryDequeue(out var sent))
                asked.Add(sent);
            if (asked.Count == 0)
                continue;
            unanswered.Asked.Enqueue(asked);
            await TryAsync(() => client.SendAsync("ping", new { }));
        }
    }

    /// <summary>Acks of one connection that the server may not have handled yet.</summary>
    private sealed class Unanswered
    {
        public ConcurrentQueue<HistoryEvent.Acking> Sent { get; } = new();

        /// <summary>With each ping those that were sent before it.</summary>
        public ConcurrentQueue<IReadOnlyList<HistoryEvent.Acking>> Asked { get; } = new();
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>Gives each message to the connections of its members: pushed up to the threshold, an <c>advanced</c> event in larger conversations.</summary>
internal sealed class FanOutWorker(
    FanOutQueue queue, Receivers receivers, LargeConversations large, IMediator mediator, IOptions<DeliveryOptions> options,
    DeliveryMetrics metrics, TimeProvider clock, ILogger<FanOutWorker> log) : BackgroundService
{
    private const int MaxBatch = 256;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Complete();
        await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(queue.Lanes.Select(lane => Task.Run(() => RunAsync(lane), CancellationToken.None)));

    private async Task RunAsync(FanOutQueue.Lane lane)
    {
        var batch = new List<FanOutItem>(MaxBatch);
        var done = 0L;
        while (await HasWorkAsync(lane))
        {
            for (; batch.Count < MaxBatch && lane.Items.Reader.TryRead(out var item); done++)
            {
                if (item.Appended is not null)
                    batch.Add(item);
            }
            // Appends of one conversation may arrive out of order. Sorted, no connection has to read the log.
            if (batch.Count > 1)
                batch.Sort(static (a, b) => a.Appended!.Message.SeqNo.CompareTo(b.Appended!.Message.SeqNo));
            foreach (var item in batch)
                await FanOutAsync(item.Appended!, item.AppendedAt, lane);
            batch.Clear();
            await TellOverflowAsync(lane);
            if (lane.Overflow.IsEmpty)
                lane.Settled = done;
        }
    }

    private async Task TellOverflowAsync(FanOutQueue.Lane lane)
    {
        foreach (var (conversation, _) in lane.Overflow)
        {
            if (lane.Overflow.TryRemove(conversation, out var head))
                await AdvanceAsync(conversation, head, lane);
        }
    }

    // What is in the overflow now has failed. It is retried with the next message, or after a pause.
    private async ValueTask<bool> HasWorkAsync(FanOutQueue.Lane lane)
    {
        if (lane.Overflow.IsEmpty)
            return await lane.Items.Reader.WaitToReadAsync();
        using var pause = new CancellationTokenSource(RetryPause, clock);
        try
        {
            return await lane.Items.Reader.WaitToReadAsync(pause.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task FanOutAsync(MessageAppended appended, long appendedAt, FanOutQueue.Lane lane)
    {
        var message = appended.Message;
        try
        {
            var members = await mediator.Send(new GetMembers(message.Conversation));
            if (members.Count > options.Value.PushThreshold)
                large.Advance(message.Conversation, message.SeqNo);
            else
                receivers.Push(appended, members, await NotShownAsync(message, members));
        }
        catch (Exception e)
        {
            // The message is in the log: keep its seqNo only.
            log.FanOutFailed(message.Conversation, e);
            lane.Note(message.Conversation, message.SeqNo);
        }
        metrics.FannedOut(appendedAt);
    }

    // A change is a hole to whom its target is not shown.
    private async ValueTask<IReadOnlyCollection<UserId>?> NotShownAsync(LoggedMessage message, IReadOnlyList<UserId> members) =>
        message.Content.Change is { } change
            ? await mediator.Send(new GetNotShown(message.Conversation, change.Target.SeqNo, [.. members.Where(receivers.IsHere)])) : null;

    private async Task AdvanceAsync(ConversationId conversation, SeqNo head, FanOutQueue.Lane lane)
    {
        try
        {
            var members = await mediator.Send(new GetMembers(conversation));
            if (members.Count > options.Value.PushThreshold)
                large.Advance(conversation, head);
            else
                receivers.Advance(conversation, head, members);
        }
        catch (Exception e)
        {
            log.FanOutFailed(conversation, e);
            lane.Note(conversation, head);
        }
    }
}

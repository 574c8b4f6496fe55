using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>Sends <c>advanced</c> for conversations above the push threshold: at most one in each <see cref="DeliveryOptions.CoalesceMs"/>, however many messages come.</summary>
internal sealed class LargeConversations(
    Receivers receivers, IMediator mediator, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<LargeConversations> log)
    : BackgroundService
{
    // One entry for each large conversation with new messages in the period.
    private readonly ConcurrentDictionary<ConversationId, SeqNo> _heads = new();

    public void Advance(ConversationId conversation, SeqNo head) =>
        _heads.AddOrUpdate(conversation, head, (_, other) => SeqNo.Max(other, head));

    /// <summary>Tells what waits still.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TellAllAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.CoalesceMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TellAllAsync(stoppingToken);
    }

    private async Task TellAllAsync(CancellationToken ct)
    {
        foreach (var (conversation, _) in _heads)
        {
            if (_heads.TryRemove(conversation, out var head))
                await TellAsync(conversation, head, ct);
        }
    }

    private async Task TellAsync(ConversationId conversation, SeqNo head, CancellationToken ct)
    {
        try
        {
            receivers.TellAdvanced(conversation, head, await mediator.Send(new GetMembers(conversation), ct));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.FanOutFailed(conversation, e);
            Advance(conversation, head);
        }
    }
}

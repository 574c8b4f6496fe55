using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Receipts;

/// <summary>Looks for the newest message of each sender among the messages that an ack has passed, from the top downwards.</summary>
/// <param name="ack">What was acked.</param>
/// <param name="status">Delivered, or read.</param>
/// <param name="from">Where the user was before: the lowest place that is not looked at.</param>
/// <param name="senders">Who is to be told; those found are taken out.</param>
internal sealed class SenderSearch(Acknowledge ack, AckStatus status, SeqNo from, HashSet<UserId> senders)
{
    private const int Page = 64;

    private SeqNo _below = ack.SeqNo.Next;

    public Acknowledge Ack => ack;

    public AckStatus Status => status;

    /// <summary>Those who were not found yet.</summary>
    public IReadOnlyCollection<UserId> Senders => senders;

    /// <summary>Messages looked at.</summary>
    public int LookedAt { get; private set; }

    /// <summary>The newest message passed; null while there was none.</summary>
    public LoggedMessage? Newest { get; private set; }

    /// <summary>The lowest message looked at.</summary>
    public LoggedMessage? Lowest { get; private set; }

    public bool IsDone => senders.Count == 0 || HasSeenAll;

    private bool HasSeenAll => _below <= from.Next;

    /// <summary>Looks at some more.</summary>
    /// <returns>The newest message of each sender that was found.</returns>
    public async ValueTask<IReadOnlyList<LoggedMessage>> GoOnAsync(IMediator mediator, CancellationToken ct)
    {
        var limit = (int)Math.Min(Page, _below.Value - from.Value - 1);
        var page = await mediator.Send(new ReadLogDownwards(ack.Conversation, _below, limit), ct);
        _below = page.Count > 0 ? page[0].SeqNo : SeqNo.None;
        var found = new List<LoggedMessage>();
        for (var i = page.Count - 1; i >= 0 && page[i].SeqNo > from; i--)
        {
            Lowest = page[i];
            Newest ??= Lowest;
            LookedAt++;
            if (senders.Remove(Lowest.Sender.User))
                found.Add(Lowest);
        }
        return found;
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Receipts;

/// <summary>Finds each sender's newest message among those that an ack covers, reading the log downwards.</summary>
/// <param name="from">The user's cursor before the ack: the search ends above it.</param>
/// <param name="senders">The senders to find; those found are removed.</param>
internal sealed class SenderSearch(Acknowledge ack, AckStatus status, SeqNo from, HashSet<UserId> senders)
{
    private const int PageSize = 64;

    private SeqNo _below = ack.SeqNo.Next;

    public Acknowledge Ack => ack;

    public AckStatus Status => status;

    /// <summary>The senders not found yet.</summary>
    public IReadOnlyCollection<UserId> Senders => senders;

    /// <summary>How many entries were read.</summary>
    public int ReadSoFar { get; private set; }

    /// <summary>The newest message read; null if none was.</summary>
    public LoggedMessage? Newest { get; private set; }

    /// <summary>The lowest message read.</summary>
    public LoggedMessage? Lowest { get; private set; }

    public bool IsDone => senders.Count == 0 || !HasMore;

    /// <summary>Not all that the ack covers was read.</summary>
    public bool HasMore => _below > from.Next;

    /// <summary>Reads the next page.</summary>
    /// <returns>The newest message of each sender that was found.</returns>
    public async ValueTask<IReadOnlyList<LoggedMessage>> ReadNextAsync(IMediator mediator, CancellationToken ct)
    {
        var limit = (int)Math.Min(PageSize, _below.Value - from.Value - 1);
        var page = await mediator.Send(new ReadLogDownwards(ack.Conversation, _below, limit), ct);
        // Where there are many changes, those below the page are not read.
        _below = page.Count == 0 ? SeqNo.None : page[0].Content.PreviousMessage is { } message ? message.Next : page[0].SeqNo;
        var found = new List<LoggedMessage>();
        for (var i = page.Count - 1; i >= 0 && page[i].SeqNo > from; i--)
        {
            ReadSoFar++;
            if (!page[i].Content.IsMessagePlace)
                continue;
            Lowest = page[i];
            Newest ??= Lowest;
            if (senders.Remove(Lowest.Sender.User))
                found.Add(Lowest);
        }
        return found;
    }
}

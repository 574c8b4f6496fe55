using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Notifications.Sending;

/// <summary>What is to be told to a device about a conversation.</summary>
/// <param name="Newest">The newest message that is owed; null for none.</param>
/// <param name="Read">Up to where the user has read, or cleared.</param>
/// <param name="Notified">What the device was told.</param>
internal readonly record struct Owed(LoggedMessage? Newest, SeqNo Read, NotifiedPlace Notified)
{
    /// <summary>What the device shows was deleted; <see cref="Newest"/> is what is left of what it was told of.</summary>
    public bool IsGone { get; init; }

    /// <summary>Whether what the device shows is to be taken back: the user has read it, or it was deleted.</summary>
    public bool IsToBeWithdrawn => Newest is null && Notified.IsShown && (IsGone || Read >= Notified.UpTo);
}

/// <summary>
/// The truth, by the log and the cursors: a device is owed what others wrote above what it has acked, what its user has read, where its user joined, and what it was told. Nothing of a
/// muted conversation, but for mentions of the user and answers to its own messages, which those in a thread that it began are as well.
/// </summary>
internal sealed class OwedMessages(CursorTable cursors, INotifiedStore notified, IMediator mediator, TimeProvider clock)
{
    private const int ReadAtOnce = 32;

    // Of a muted conversation so many of the newest messages are looked at for a mention or an answer.
    private const int MaxAnswers = 32;

    /// <param name="upTo">Up to here the device had its time to ack: only if something is owed up to here, it is told, and then of what is above as well.</param>
    public async Task<Owed> FindAsync(DeviceAddress device, ConversationId conversation, SeqNo upTo, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembershipAsReader(conversation, device.User), ct) is not { } membership)
            return default;
        var told = await notified.ReadAsync(device, conversation, ct);
        var delivered = (await cursors.ReadNewestAsync(new CursorKey(device.User, device.Device, conversation), ct)).Delivered;
        var read = SeqNo.Max(membership.VisibleAfter, (await cursors.ReadNewestAsync(new CursorKey(device.User, null, conversation), ct)).Read);
        var seen = SeqNo.Max(
            SeqNo.Max(SeqNo.Max(delivered, read), told.Withdrawn), membership.JoinedAt);
        var settings = (await mediator.Send(new GetOwnSettings(device.User, conversation), ct)).At(clock.GetUtcNow());
        var start = SeqNo.Max(seen, told.UpTo);
        var newest = await FindNewestAsync(start, upTo);
        var isOfAll = upTo.Value == SeqNo.MaxValue;
        if (newest is null && !isOfAll && upTo >= told.UpTo && seen < told.UpTo && await IsDeletedAsync(mediator, conversation, told.UpTo, ct))
            return new Owed(await FindNewestAsync(seen, told.UpTo), read, told) { IsGone = true };
        return new Owed(newest is null || isOfAll ? newest : await FindNewestAsync(start, new SeqNo(SeqNo.MaxValue)) ?? newest, read, told);

        Task<LoggedMessage?> FindNewestAsync(SeqNo after, SeqNo to) => settings.MutedUntil is null
            ? this.FindNewestAsync(conversation, after, to, message => ValueTask.FromResult(IsOwed(message, device.User)), int.MaxValue, ct)
            : this.FindNewestAsync(
                conversation, after, to,
                async message => IsOwed(message, device.User) && await ConcernsAsync(device.User, message, ct), MaxAnswers, ct);
    }

    /// <summary>Whether the message at a seqNo was deleted, or erased.</summary>
    public static async Task<bool> IsDeletedAsync(IMediator mediator, ConversationId conversation, SeqNo seqNo, CancellationToken ct) =>
        await mediator.Send(new ReadLogDownwards(conversation, seqNo.Next, 1), ct) is [var message] && message.SeqNo == seqNo && !message.Content.IsShown;

    private static bool IsOwed(LoggedMessage message, UserId user) => message.Sender.User != user && message.Content.IsShown;

    // From the newest down: what a device is looked at for is nearly always the newest message.
    private async Task<LoggedMessage?> FindNewestAsync(
        ConversationId conversation, SeqNo start, SeqNo upTo, Func<LoggedMessage, ValueTask<bool>> isOwed, int max, CancellationToken ct)
    {
        var before = upTo.Value == SeqNo.MaxValue ? upTo : upTo.Next;
        for (var limit = 1; max > 0; limit = ReadAtOnce)
        {
            var page = await mediator.Send(new ReadLogDownwards(conversation, before, Math.Min(limit, max)), ct);
            for (var i = page.Count - 1; i >= 0; i--)
            {
                if (page[i].SeqNo <= start)
                    return null;
                if (await isOwed(page[i]))
                    return page[i];
            }
            if (page.Count == 0)
                return null;
            // Where there are many changes, those below the page are not read.
            before = page[0].Content.PreviousMessage is { } message ? message.Next : page[0].SeqNo;
            max -= page.Count(entry => entry.Content.IsMessagePlace);
        }
        return null;
    }

    private async ValueTask<bool> ConcernsAsync(UserId user, LoggedMessage message, CancellationToken ct) =>
        message.ShownMentions.Include(user)
        || (message.Content.ReplyTo is { } answered && await IsByAsync(user, answered, ct))
        || (message.Content.Thread is { } thread && await IsByAsync(user, thread.Id, ct));

    private async ValueTask<bool> IsByAsync(UserId user, MessageId id, CancellationToken ct) =>
        await mediator.Send(new FindMessage(id), ct) is { } place
        && await mediator.Send(new ReadLogDownwards(place.Conversation, place.SeqNo.Next, 1), ct) is [var message]
        && message.Id == id && message.Sender.User == user;
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Connections;

/// <summary>A page of the log as a member may read it.</summary>
/// <param name="Membership">The membership in force while the log was read.</param>
/// <param name="After">The read began above this: the seqNo asked for, or the beginning of the membership if that is higher.</param>
/// <param name="Messages">Ascending.</param>
internal readonly record struct MemberRead(Membership Membership, SeqNo After, IReadOnlyList<LoggedMessage> Messages);

/// <summary>The log as one user may read it. All messages that are sent from the log are read here.</summary>
internal sealed class MemberLog(IMediator mediator)
{
    /// <summary>Reads at most so many messages, of at most so many bytes as JSON; at least one message, whatever its size.</summary>
    /// <returns>Null if the user is not a member, or is none any more after the read.</returns>
    public async ValueTask<MemberRead?> ReadAsync(ConversationId conversation, UserId user, SeqNo after, int limit, int maxBytes, CancellationToken ct)
    {
        while (await mediator.Send(new GetMembership(conversation, user), ct) is { } membership)
        {
            var start = SeqNo.Max(after, SeqNo.Max(membership.JoinedAt, membership.VisibleAfter));
            var messages = await mediator.Send(new ReadLog(conversation, start, limit, maxBytes), ct);
            // The same membership as before the read: the user was a member when these messages were appended.
            if (await mediator.Send(new GetMembership(conversation, user), ct) == membership)
                return new MemberRead(membership, start, messages);
        }
        return null;
    }
}

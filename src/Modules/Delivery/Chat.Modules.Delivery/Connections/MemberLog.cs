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

/// <summary>The log as one user may read it. Every message that is sent from the log is read here.</summary>
internal sealed class MemberLog(IMediator mediator)
{
    /// <summary>At most so many messages, which as JSON have at most so many bytes; one message whatever its size.</summary>
    /// <returns>Null where the user is not a member, or no longer when the messages have been read.</returns>
    public async ValueTask<MemberRead?> ReadAsync(ConversationId conversation, UserId user, SeqNo after, int limit, int maxBytes, CancellationToken ct)
    {
        while (await mediator.Send(new GetMembership(conversation, user), ct) is { } membership)
        {
            var start = SeqNo.Max(after, SeqNo.Max(membership.JoinedAt, membership.VisibleAfter));
            var messages = await mediator.Send(new ReadLog(conversation, start, limit, maxBytes), ct);
            // The same as before the read: the user was a member when all that was read was appended.
            if (await mediator.Send(new GetMembership(conversation, user), ct) == membership)
                return new MemberRead(membership, start, messages);
        }
        return null;
    }
}

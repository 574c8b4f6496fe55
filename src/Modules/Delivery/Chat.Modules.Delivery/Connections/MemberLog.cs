using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Connections;

/// <summary>What a member was given of the log.</summary>
/// <param name="Membership">The one it was read under.</param>
/// <param name="After">The read began above this: where the reader asked for it, or where the membership begins if that is higher.</param>
/// <param name="Messages">Ascending.</param>
internal readonly record struct MemberRead(Membership Membership, SeqNo After, IReadOnlyList<LoggedMessage> Messages);

/// <summary>The log as one user may read it: every message that devices are sent out of the log is read here.</summary>
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
            // Still the same: all that was read stood in the log while the user was a member.
            if (await mediator.Send(new GetMembership(conversation, user), ct) == membership)
                return new MemberRead(membership, start, messages);
        }
        return null;
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Connections;

/// <summary>A page of the log as a member may read it.</summary>
/// <param name="Membership">The membership in force while the log was read.</param>
/// <param name="After">The read began above this: the seqNo asked for, or the beginning of the membership if that is higher.</param>
/// <param name="Messages">Ascending, messages and changes; what the member is not shown is erased.</param>
/// <param name="Mine">The emoji that the member has set on them.</param>
internal readonly record struct MemberRead(
    Membership Membership, SeqNo After, IReadOnlyList<LoggedMessage> Messages, IReadOnlyDictionary<SeqNo, IReadOnlyList<string>> Mine);

/// <summary>The log as one user may read it. All messages that are sent from the log are read here.</summary>
internal sealed class MemberLog(IMediator mediator)
{
    private static readonly IReadOnlyDictionary<SeqNo, IReadOnlyList<string>> NoReactions = new Dictionary<SeqNo, IReadOnlyList<string>>();

    /// <summary>What a user is shown of something that it may not see: its place in the log alone.</summary>
    public static LoggedMessage ToHole(LoggedMessage message) => message with { Content = message.Content.ToErased() };

    /// <summary>Reads at most so many messages, of at most so many bytes as JSON; at least one message, whatever its size.</summary>
    /// <returns>Null if the user is not a member, or is none any more after the read.</returns>
    public async ValueTask<MemberRead?> ReadAsync(ConversationId conversation, UserId user, SeqNo after, int limit, int maxBytes, CancellationToken ct)
    {
        while (await mediator.Send(new GetMembershipAsReader(conversation, user), ct) is { } membership)
        {
            var start = SeqNo.Max(after, SeqNo.Max(membership.JoinedAt, membership.VisibleAfter));
            var messages = await mediator.Send(new ReadLog(conversation, start, limit, maxBytes), ct);
            var mine = await FindMineAsync(conversation, user, messages, ct);
            // The same membership as before the read: the user was a member when these messages were appended.
            if (await mediator.Send(new GetMembershipAsReader(conversation, user), ct) == membership)
                return new MemberRead(membership, start, Shown(messages, membership), mine);
        }
        return null;
    }

    private async ValueTask<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>> FindMineAsync(
        ConversationId conversation, UserId user, IReadOnlyList<LoggedMessage> messages, CancellationToken ct)
    {
        List<SeqNo>? reacted = null;
        foreach (var message in messages)
        {
            if (message.State is { Reactions.Count: > 0 })
                (reacted ??= []).Add(message.SeqNo);
        }
        return reacted is null ? NoReactions : await mediator.Send(new GetOwnReactions(conversation, reacted, user), ct);
    }

    // A change of a message from before the user joined is a hole.
    private static IReadOnlyList<LoggedMessage> Shown(IReadOnlyList<LoggedMessage> messages, Membership membership) =>
        membership.VisibleAfter == SeqNo.None ? messages
        : [.. messages.Select(message => message.Content.Change is { } change && change.Target.SeqNo <= membership.VisibleAfter ? ToHole(message) : message)];
}

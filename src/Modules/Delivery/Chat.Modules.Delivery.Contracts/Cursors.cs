using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>The cursors of a device and its user in these conversations; those without a cursor are left out, and others may be in the answer. For other modules.</summary>
public sealed record GetCursors(DeviceAddress Device, IReadOnlyCollection<ConversationId> Conversations) : IQuery<IReadOnlyDictionary<ConversationId, Cursors>>;

/// <summary>Up to where a user has read in these conversations; those without a place are left out, and others may be in the answer. For other modules.</summary>
public sealed record GetReadPlaces(UserId User, IReadOnlyCollection<ConversationId> Conversations) : IQuery<IReadOnlyDictionary<ConversationId, SeqNo>>;

/// <summary>The cursors of a device and its user in a conversation.</summary>
/// <param name="Delivered">The device has acked everything up to here.</param>
/// <param name="Read">The user has read everything up to here, on any device.</param>
public sealed record Cursors(SeqNo Delivered, SeqNo Read);

/// <summary>How far each member of a conversation has received and read.</summary>
/// <remarks>Refusals: <c>rate_limited</c>, <c>not_a_member</c>.</remarks>
public sealed record GetReceipts(DeviceAddress Caller, ConversationId Conversation) : IQuery<Result<IReadOnlyList<MemberReceipt>>>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>How far one member has received and read.</summary>
/// <param name="Delivered">The highest ack of its devices.</param>
/// <param name="Read">What the user has read, on any device.</param>
public sealed record MemberReceipt(UserId User, SeqNo Delivered, SeqNo Read);

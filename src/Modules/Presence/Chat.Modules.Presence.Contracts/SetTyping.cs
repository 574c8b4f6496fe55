using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Presence.Contracts;

/// <summary>The user is writing, or has stopped. Shown to the other connected members; not stored.</summary>
/// <param name="From">The device written on.</param>
/// <param name="Active">Writing now, or no longer.</param>
/// <remarks>Refusals: <c>rate_limited</c>, <see cref="PresenceErrors.NotAMember"/>. In groups above the size limit it is accepted but shown to nobody.</remarks>
public sealed record SetTyping(DeviceAddress From, ConversationId Conversation, bool Active) : ICommand<Done>, IRateLimited
{
    DeviceAddress IRateLimited.From => From;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A user writes, or has stopped.</summary>
/// <param name="From">The device; it is not told itself.</param>
/// <param name="Active">Writing now, or no longer.</param>
/// <param name="Members">The members to tell, including the user itself.</param>
public sealed record TypingChanged(DeviceAddress From, ConversationId Conversation, bool Active, IReadOnlyList<UserId> Members) : IEvent;

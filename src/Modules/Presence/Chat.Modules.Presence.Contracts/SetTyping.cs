using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Presence.Contracts;

/// <summary>Says that the user is writing, or has stopped; shown to the other members who are connected, kept for nobody.</summary>
/// <param name="From">The device written on.</param>
/// <param name="Active">Writing now, or no longer.</param>
/// <remarks>Refusals: <c>rate_limited</c>, <see cref="PresenceErrors.NotAMember"/>. In groups above the size limit it is accepted and shown to nobody.</remarks>
public sealed record SetTyping(DeviceAddress From, ConversationId Conversation, bool Active) : ICommand<Done>, IRateLimited
{
    DeviceAddress IRateLimited.From => From;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A user writes, or has stopped.</summary>
/// <param name="From">The device written on, which is told nothing.</param>
/// <param name="Active">Writing now, or no longer.</param>
/// <param name="Members">Whom to show it, the user's own id among them.</param>
public sealed record TypingChanged(DeviceAddress From, ConversationId Conversation, bool Active, IReadOnlyList<UserId> Members) : IEvent;

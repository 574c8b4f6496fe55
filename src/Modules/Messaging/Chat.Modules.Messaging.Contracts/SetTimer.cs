using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>From now on the messages of a conversation expire after some time, or no longer. Answers with the entry, or with the earlier one that made it so already.</summary>
/// <param name="ClientMsgId">As of a message, in whose order it is appended.</param>
/// <param name="Seconds"><see cref="MinSeconds"/> to <see cref="MaxSeconds"/>; 0 for never.</param>
/// <remarks>
/// Refusals: <c>bad_request</c>, <c>rate_limited</c>, <c>unavailable</c>, <c>too_large</c> for one direct conversation too many, <see cref="MessagingErrors.NotAMember"/>, <c>forbidden</c> for a
/// group's members who are neither owner nor admin; <c>conflict</c> for 0 where there never was a timer.
/// </remarks>
public sealed record SetTimer(ConversationId To, DeviceAddress Sender, string ClientMsgId, long Seconds) : ICommand<SentMessage>, IRateLimited
{
    /// <summary>The shortest time.</summary>
    public const int MinSeconds = 5;

    /// <summary>The longest time: 365 days.</summary>
    public const int MaxSeconds = 365 * 24 * 3600;

    DeviceAddress IRateLimited.From => Sender;

    RateClass IRateLimited.Rate => RateClass.Send;
}

/// <summary>After how many seconds the messages of some conversations expire; those of which they do not are not in the answer. For other modules: checks no membership.</summary>
public sealed record GetTimers(IReadOnlyCollection<ConversationId> Conversations) : IQuery<IReadOnlyDictionary<ConversationId, int>>;

using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Presence.Contracts;

/// <summary>Changes whose presence a connection is told of. The subscriptions end with the connection.</summary>
/// <param name="Subscribe">At most 500 in force on a connection.</param>
/// <param name="Unsubscribe">Unknown ones are passed over.</param>
/// <remarks>Answers with the state of each newly subscribed user whom the caller may see: who shares a group with it, or a direct
/// conversation with a message; of others nothing comes, now or later: once they are visible, subscribe again. Who ceases to be visible is no
/// longer told of. Refusals, which change nothing: <c>rate_limited</c>, <see cref="PresenceErrors.TooManySubscriptions"/>,
/// <see cref="PresenceErrors.NoRoom"/>.</remarks>
public sealed record SubscribePresence(
    DeviceAddress From, ConnectionId Connection, IReadOnlyList<UserId> Subscribe, IReadOnlyList<UserId> Unsubscribe)
    : ICommand<IReadOnlyList<PresenceState>>, IRateLimited
{
    DeviceAddress IRateLimited.From => From;

    RateClass IRateLimited.Rate => RateClass.Other;

    // Each user named is looked up: 25 of them take as long as any other command.
    int IRateLimited.Cost => 1 + (Subscribe.Count + Unsubscribe.Count) / 25;
}

/// <summary>Whether a user can be reached now.</summary>
/// <param name="Online">Whether one of its devices is connected.</param>
/// <param name="LastSeen">When the last connection ended; null while online, and where none ever was.</param>
public sealed record PresenceState(UserId User, bool Online, DateTimeOffset? LastSeen);

/// <summary>A user came or went, and these connections want to know.</summary>
/// <param name="State">The user's new state.</param>
/// <param name="Subscribers">Whom to tell.</param>
public sealed record PresenceChanged(PresenceState State, IReadOnlyList<Subscriber> Subscribers) : IEvent;

/// <summary>A connection that is told of somebody's presence.</summary>
public sealed record Subscriber(DeviceAddress Device, ConnectionId Connection);

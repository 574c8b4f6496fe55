using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Presence.Contracts;

/// <summary>Changes a connection's subscriptions to users' presence. They end with the connection.</summary>
/// <param name="Subscribe">At most 500 in force on a connection.</param>
/// <param name="Unsubscribe">Unknown ones are ignored.</param>
/// <remarks>Answers with the state of each newly subscribed user whom the caller may see: they share a group, or a direct conversation with a message. For
/// others nothing comes, now or later: subscribe again when they become visible. When a user stops being visible, nothing more comes. Refusals, which change nothing: <c>rate_limited</c>, <see cref="PresenceErrors.TooManySubscriptions"/>,
/// <see cref="PresenceErrors.NoRoom"/>.</remarks>
public sealed record SubscribePresence(
    DeviceAddress From, ConnectionId Connection, IReadOnlyList<UserId> Subscribe, IReadOnlyList<UserId> Unsubscribe)
    : ICommand<IReadOnlyList<PresenceState>>, IRateLimited
{
    DeviceAddress IRateLimited.From => From;

    RateClass IRateLimited.Rate => RateClass.Other;

    // Each user is looked up: 25 of them cost as much as another command.
    int IRateLimited.Cost => 1 + (Subscribe.Count + Unsubscribe.Count) / 25;
}

/// <summary>Whether a user is online.</summary>
/// <param name="Online">Whether one of its devices is connected.</param>
/// <param name="LastSeen">When the last connection ended; null while online, or if there never was one.</param>
public sealed record PresenceState(UserId User, bool Online, DateTimeOffset? LastSeen);

/// <summary>A user went online or offline.</summary>
/// <param name="State">The user's new state.</param>
/// <param name="Subscribers">The connections to tell.</param>
public sealed record PresenceChanged(PresenceState State, IReadOnlyList<Subscriber> Subscribers) : IEvent;

/// <summary>A connection that has subscribed to somebody's presence.</summary>
public sealed record Subscriber(DeviceAddress Device, ConnectionId Connection);

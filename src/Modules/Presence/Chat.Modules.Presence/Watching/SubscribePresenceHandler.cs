using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Nodes;
using Chat.Modules.Presence.Online;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Watching;

internal sealed class SubscribePresenceHandler(
    Subscriptions subscriptions, UnconfirmedSubscribers unconfirmed, VisibilityChecker visibility, OnlineUsers online, RemoteUsers remote, LastSeenTimes lastSeen,
    IOptions<PresenceOptions> options)
    : ICommandHandler<SubscribePresence, IReadOnlyList<PresenceState>>
{
    public async Task<Result<IReadOnlyList<PresenceState>>> Handle(SubscribePresence command, CancellationToken ct)
    {
        // Before any look-up, so that a long list costs nothing.
        var max = options.Value.MaxSubscriptionsPerConnection;
        if (command.Subscribe.Count > max)
            return PresenceErrors.TooManySubscriptions(max);

        var checkedAt = subscriptions.Removals;
        var visible = await visibility.OfAsync(command.From.User, command.Subscribe, ct);
        var times = await lastSeen.GetAsync(visible.Keys, ct);

        if (subscriptions.Change(new Subscriber(command.From, command.Connection), command.Unsubscribe, visible, checkedAt) is { } refusal)
            return refusal;
        unconfirmed.Observe(command.From.User, command.Connection);
        await remote.AskAsync(visible.Keys, ct);

        // No await from here on: a later change is announced, and must not overtake this answer.
        return command.Subscribe.Distinct().Where(visible.ContainsKey).Select(user => online.StateOf(user, times)).ToArray();
    }
}

using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Changing;

/// <summary>
/// Finds out which of the users to be added are strangers: they have never written directly to the caller, which nobody can do for them. Limits how fast one
/// user may add strangers, and how fast strangers may add one user.
/// </summary>
internal sealed class StrangerLimits(
    IMediator mediator, GroupsMetrics metrics, IOptions<GroupsOptions> groups, IOptions<RateLimitOptions> options, TimeProvider clock)
{
    private const int ReadsAtOnce = 16;

    private readonly KeyedRate<UserId> _byAdder = new(
        groups.Value.MaxMembersPerRequest, TimeSpan.FromMinutes(1) / options.Value.StrangersAddedPerMinute, options.Value.MaxUsers, clock);

    private readonly KeyedRate<UserId> _byAdded = new(
        options.Value.AddedByStrangersPerHour, TimeSpan.FromHours(1) / options.Value.AddedByStrangersPerHour, options.Value.MaxUsers, clock);

    /// <summary>The strangers among the users, and those of them who must be left out, since strangers added them too often.</summary>
    public async Task<Result<StrangerCheck>> CheckAsync(UserId caller, IEnumerable<UserId> users, CancellationToken ct)
    {
        var others = users.Where(user => user != caller).Distinct().ToList();
        var known = await Concurrently.SelectAsync(
            others, ReadsAtOnce,
            async (user, cancelled) => await mediator.Send(new HasWritten(user, ConversationId.Direct(caller, user)), cancelled), ct);
        var strangers = others.Where((_, n) => !known[n]).ToHashSet();
        if (!options.Value.Enabled || strangers.Count == 0)
            return new StrangerCheck(strangers, []);
        if (_byAdder.Take(caller, strangers.Count) is { } wait)
            return GroupsErrors.TooManyStrangers(wait);
        var leftOut = strangers.Where(user => _byAdded.Take(user) is not null).ToHashSet();
        metrics.LeftOut(leftOut.Count);
        return new StrangerCheck(strangers, leftOut);
    }

    internal sealed record StrangerCheck(HashSet<UserId> Strangers, HashSet<UserId> LeftOut);
}

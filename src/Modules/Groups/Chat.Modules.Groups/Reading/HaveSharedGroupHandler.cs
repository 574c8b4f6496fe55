using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;

namespace Chat.Modules.Groups.Reading;

internal sealed class HaveSharedGroupHandler(GroupDirectory groups) : IQueryHandler<HaveSharedGroup, bool>
{
    private static readonly Task<bool> Yes = Task.FromResult(true);
    private static readonly Task<bool> No = Task.FromResult(false);

    public Task<bool> Handle(HaveSharedGroup query, CancellationToken ct) =>
        groups.TryGetGroupsOf(query.One, out var one) && groups.TryGetGroupsOf(query.Other, out var other)
            ? one.Overlaps(other) ? Yes : No
            : LoadAsync(query, ct);

    private async Task<bool> LoadAsync(HaveSharedGroup query, CancellationToken ct) =>
        (await groups.FindGroupsOfAsync(query.One, ct)).Overlaps(await groups.FindGroupsOfAsync(query.Other, ct));
}

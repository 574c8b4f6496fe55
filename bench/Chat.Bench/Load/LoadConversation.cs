using Chat.Bench.Servers;

namespace Chat.Bench.Load;

/// <summary>A conversation of a load, and on which of its servers each user is, counted from 0.</summary>
internal sealed record LoadConversation(string Id, IReadOnlyList<(string Name, int Server)> Users)
{
    /// <summary>All of a load, their accounts made.</summary>
    public static async Task<LoadConversation[]> MakeAsync(LoadOptions options, IReadOnlyList<Server> servers, CancellationToken ct)
    {
        var groups = Enumerable.Range(0, options.Groups).Select(group => Members(group, options.GroupSize, servers.Count)).ToArray();
        var pairs = Enumerable.Range(0, options.Pairs).Select(pair => Pair(pair, servers.Count, options.Across)).ToArray();
        foreach (var here in pairs.Concat(groups).SelectMany(some => some).GroupBy(user => user.Server))
            await servers[here.Key].Accounts.RegisterAsync(here.Select(user => user.Name), ct);
        var made = await Task.WhenAll(groups.Select(async members =>
            new LoadConversation(await Groups.MakeAsync(servers[members[0].Server], members[0].Name, members.Skip(1).Select(member => member.Name), ct), members)));
        return [.. pairs.Select(pair => new LoadConversation($"dm:{pair[0].Name}:{pair[1].Name}", pair)), .. made];
    }

    /// <param name="across">Null: the first pairs, one for each server, are together, as many after them apart, and so on.</param>
    public static (string Name, int Server)[] Pair(int pair, int servers, bool? across)
    {
        var first = pair % servers;
        var isAcross = across ?? pair / servers % 2 == 1;
        return [($"bench-a-{pair:D5}", first), ($"bench-b-{pair:D5}", isAcross ? (first + 1) % servers : first)];
    }

    /// <summary>One after the other on one server after the other.</summary>
    public static (string Name, int Server)[] Members(int group, int size, int servers) =>
        [.. Enumerable.Range(0, size).Select(member => ($"bench-g-{group:D3}-{member:D3}", (group + member) % servers))];
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Notices;
using Chat.Modules.Groups.Store;
using Chat.Modules.Groups.Tests.Notices;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Caching;

/// <summary>Two nodes on one cluster's database.</summary>
public sealed class TwoNodesTests(CassandraServer server) : IClassFixture<CassandraServer>, IAsyncLifetime
{
    private const int MaxGroupsPerUser = 3;
    private static readonly UserId[] Everybody = Users("ann", "bob", "cid", "dan", "eve", "fay");

    private readonly TestMeters _meters = new();
    private ICqlSession _session = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_both_change_at_once_groups_and_lists_agree_and_limits_hold(int seed)
    {
        var one = Start();
        var other = Start();
        var groups = new List<ConversationId>();
        foreach (var owner in Everybody[..4])
            groups.Add((await one.CreateAsync(ConversationId.NewGroup(), _ => Created(owner), Ct)).Value.Id);

        await Task.WhenAll(new[] { one, other }.SelectMany((node, n) => Enumerable.Range(0, 3).Select(async worker =>
        {
            var random = new Random(seed * 100 + n * 10 + worker);
            for (var i = 0; i < 25; i++)
                await ChangeAsync(node, groups[random.Next(groups.Count)], random);
        })));

        var store = Store();
        var members = new Dictionary<ConversationId, IReadOnlyList<Member>>();
        foreach (var id in groups)
        {
            members[id] = (await store.FindAsync(id, Ct))?.Members ?? [];
            if (members[id].Count > 0)
                Assert.Single(members[id], member => member.Role == GroupRole.Owner);
        }
        foreach (var user in Everybody)
        {
            var isIn = groups.Where(id => members[id].Any(member => member.User == user)).ToHashSet();
            var list = await store.FindGroupsOfAsync(user, Ct);
            Assert.Equal(isIn, [.. list.Select(group => group.Group)]);
            Assert.All(list, group => Assert.Equal(members[group.Group].Count, group.MemberCount));
            // As many of its own, and as many by others.
            Assert.InRange(list.Count, 0, 2 * MaxGroupsPerUser);
        }
    }

    [Fact]
    public async Task A_change_that_seems_to_be_so_already_or_impossible_is_judged_by_what_the_store_has()
    {
        var (ann, bob, id) = (User("ann"), User("bob"), ConversationId.NewGroup());
        var one = Start();
        var other = Start();
        await one.CreateAsync(id, _ => GroupRules.Create(id, ann, "Walkers", GroupHistory.All, [bob], Now, 10), Ct);
        await other.FindAsync(id, Ct);
        await one.ChangeAsync(id, group => GroupRules.ChangeRole(group, ann, bob, GroupRole.Admin), Ct);

        // For the other, which was not told, he still is a member, and nothing else.
        await other.ChangeAsync(id, group => GroupRules.ChangeRole(group, ann, bob, GroupRole.Member), Ct);
        Assert.Equal(GroupRole.Member, (await Store().FindAsync(id, Ct))!.Find(bob)!.Role);

        await one.ChangeAsync(id, group => GroupRules.ChangeRole(group, ann, bob, GroupRole.Admin), Ct);
        Assert.True((await other.ChangeAsync(id, group => GroupRules.Change(group, bob, "Runners", null), Ct)).IsOk);
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("groups", typeof(GroupsModule).Assembly, Ct);
    }

    public ValueTask DisposeAsync()
    {
        _meters.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task ChangeAsync(GroupDirectory node, ConversationId group, Random random)
    {
        var (caller, user) = (Pick(random), Pick(random));
        try
        {
            await node.ChangeAsync(group, (now, full) => random.Next(6) switch
            {
                0 => GroupRules.Change(now, now.Members[0].User, $"Title {random.Next()}", null),
                1 => GroupRules.ChangeRole(now, OwnerOf(now), user, GroupRole.Owner),
                2 or 3 => GroupRules.Remove(now, caller, user),
                _ => GroupRules.Add(now, OwnerOf(now), new[] { user, caller }.Except(full), new SeqNo(random.Next(100)), 10),
            }, Ct);
        }
        catch (StoreUnavailableException)
        {
            // Both at one group all the time; it may have happened.
        }
    }

    private static UserId OwnerOf(GroupState group) => group.Members.Single(member => member.Role == GroupRole.Owner).User;

    private static UserId Pick(Random random) => Everybody[random.Next(Everybody.Length)];

    private static Result<GroupChange> Created(UserId owner) => GroupRules.Create(
        ConversationId.NewGroup(), owner, "Walkers", GroupHistory.All, [], Now, 10);

    private CqlGroupStore Store() => new(_session, Options.Create(new GroupsOptions()), TimeProvider.System, NullLogger<CqlGroupStore>.Instance);

    private GroupDirectory Start()
    {
        var (store, mediator, metrics) = (Store(), new FakeMediator(), new GroupsMetrics(_meters));
        return new(
            store, new NoticeAppender(store, new NoticeLog(), metrics, NullLogger<NoticeAppender>.Instance), mediator, new FakeBus(),
            Options.Create(new GroupsOptions { MaxGroupsPerUser = MaxGroupsPerUser }), metrics, TimeProvider.System);
    }
}

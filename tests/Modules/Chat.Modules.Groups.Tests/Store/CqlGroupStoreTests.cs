using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Store;

public sealed class CqlGroupStoreTests(CassandraServer server) : GroupStoreContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Now);
    private ICqlSession _session = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Each changes the group of ann (owner), bob and cid, or of ann alone.</summary>
    public static TheoryData<string> Changes => ["create", "add", "remove", "hand over", "end", "rename"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Whatever_statement_a_host_dies_at_the_change_is_made_or_not_and_lists_and_limit_agree(string change)
    {
        for (var n = 1; await DiesAtAsync(change, n); n++)
        {
        }
    }

    [Fact]
    public async Task What_a_crash_left_over_is_deleted_where_it_is_found()
    {
        var group = await CreateAsync("ann");
        // It dies at the second statement, the count: the entry is there and the change is not.
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store(FaultyCqlSession.DyingAt(_session, 2)).SaveAsync(Adding(group, "bob"), new GroupLimits(10, 10), Ct));

        // Under way, for all that is known.
        Assert.Empty(await Open().FindGroupsOfAsync(User("bob"), Ct));
        Assert.Equal(1, await CountEntriesAsync("bob"));

        await Open().SaveAsync(GroupRules.Change(group, User("ann"), "Runners", null).Value, new GroupLimits(10, 10), Ct);
        Assert.Empty(await Open().FindGroupsOfAsync(User("bob"), Ct));
        Assert.Equal(0, await CountEntriesAsync("bob"));
    }

    [Fact]
    public async Task A_group_of_more_than_a_page_is_read_as_of_one_version()
    {
        var group = await CreateAsync([.. Enumerable.Range(0, 10_500).Select(n => $"user{n}")]);
        var change = GroupRules.Remove(group, User("user0"), User("user1")).Value;
        var changes = 0;
        // Between the first page and the second a member goes who is in the first.
        var disturbed = Store(new FaultyCqlSession(_session, async statement =>
        {
            if (statement.PagingState is not null && changes++ == 0)
                await Open().SaveAsync(change, new GroupLimits(1_000, 1_000), Ct);
            return CqlFault.None;
        }));

        var found = await disturbed.FindAsync(group.Id, Ct);

        Assert.True(changes > 1);
        Assert.Equal(change.After.Told(), found.Told());
    }

    [Fact]
    public async Task A_plain_read_that_has_the_new_version_without_its_members_is_not_believed()
    {
        var group = await CreateAsync("ann", "bob");
        var store = Store(new HalfRepaired(_session));

        var found = await store.FindAsync(group.Id, Ct);
        var listed = await store.FindGroupsOfAsync(User("bob"), Ct);

        Assert.Equal(group.Told(), found.Told());
        Assert.Contains(listed, joined => joined.Group == group.Id);
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session = await server.OpenEmptyAsync("groups", typeof(GroupsModule).Assembly, Ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override IGroupStore Open() => Store(_session);

    private CqlGroupStore Store(ICqlSession session) => new(session, Options.Create(new GroupsOptions()), _clock, NullLogger<CqlGroupStore>.Instance);

    private async Task<bool> DiesAtAsync(string change, int n)
    {
        var before = change is "create" ? null : change is "end" ? await CreateAsync("ann") : await CreateAsync("ann", "bob", "cid");
        var made = change switch
        {
            "create" => Created("ann", "bob", "dan"),
            "add" => Adding(before!, "dan", "eve"),
            "remove" => GroupRules.Remove(before!, User("ann"), User("bob")).Value,
            "hand over" => GroupRules.Remove(before!, User("ann"), User("ann")).Value,
            "end" => GroupRules.Remove(before!, User("ann"), User("ann")).Value,
            _ => GroupRules.Change(before!, User("ann"), "Runners", null).Value,
        };

        var died = false;
        try
        {
            await Store(FaultyCqlSession.DyingAt(_session, n)).SaveAsync(made, new GroupLimits(1_000, 1_000), Ct);
        }
        catch (StoreUnavailableException)
        {
            died = true;
        }

        var now = await Open().FindAsync(made.After.Id, Ct);
        Assert.Contains(now.Told(), new[] { before.Told(), made.After.Members.Count == 0 ? "none" : made.After.Told() });
        if (!died)
            Assert.NotEqual(before.Told(), now.Told());
        foreach (var user in Users("ann", "bob", "cid", "dan", "eve"))
        {
            var groups = (await Open().FindGroupsOfAsync(user, Ct)).Where(group => group.Group == made.After.Id);
            Assert.Equal(now?.Find(user) is null ? 0 : 1, groups.Count());
        }
        // A while later nothing counts but what is true.
        _clock.Advance(TimeSpan.FromMinutes(11));
        foreach (var user in Users("dan", "eve"))
        {
            var memberships = (await Open().FindGroupsOfAsync(user, Ct)).Count;
            Assert.Equal(memberships, await CountEntriesAsync(user.Value));
        }
        return died;
    }

    private async Task<GroupState> CreateAsync(params string[] users)
    {
        var created = Created(users);
        Assert.Equal(SaveOutcome.Saved, await Open().SaveAsync(created, new GroupLimits(int.MaxValue, int.MaxValue), Ct));
        return created.After;
    }

    private async Task<long> CountEntriesAsync(string user)
    {
        var counted = await _session.ExecuteAsync(new CqlStatement("SELECT count(*) FROM groups_entries WHERE user_id = ?", user), Ct);
        return counted.Rows[0].Get<long>(0);
    }

    private static GroupChange Created(params string[] users) => GroupRules.Create(
        ConversationId.NewGroup(), User(users[0]), "Walkers", GroupHistory.All, Users(users[1..]), Now, int.MaxValue).Value;

    private static GroupChange Adding(GroupState group, params string[] users) =>
        GroupRules.Add(group, User("ann"), Users(users), new SeqNo(7), 100).Value;

    /// <summary>Replicas to which a read repair has brought the groups' own rows alone: only a linearizable read has the members.</summary>
    private sealed class HalfRepaired(ICqlSession inner) : ICqlSession
    {
        public async Task<CqlResult> ExecuteAsync(CqlStatement statement, CancellationToken ct = default)
        {
            var result = await inner.ExecuteAsync(statement, ct);
            var isPlain = statement.Cql.Contains("FROM groups_groups", StringComparison.Ordinal) && !statement.Linearizable;
            return isPlain ? result with { Rows = [.. result.Rows.Take(1)] } : result;
        }

        public Task<CqlResult> ExecuteBatchAsync(IReadOnlyList<CqlStatement> statements, CancellationToken ct = default) =>
            inner.ExecuteBatchAsync(statements, ct);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Notices;
using Chat.Modules.Groups.Store;
using Chat.Modules.Groups.Tests.Notices;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests.Caching;

/// <summary>Two nodes on one store whose answers never grow old: what one changes, the other learns of by the bus alone.</summary>
public sealed class GroupInvalidatorTests : IAsyncLifetime
{
    private readonly TemporaryStores _stores = new("groups", typeof(GroupsModule).Assembly);
    private readonly FakeMediator _mediator = new();
    private readonly FakeBus _bus = new();
    private GroupDirectory _here = null!;
    private GroupDirectory _elsewhere = null!;
    private GroupInvalidator _invalidator = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _here = Start(_mediator, new FakeBus());
        _elsewhere = Start(new FakeMediator(), _bus);
        _invalidator = new GroupInvalidator(_here, Options.Create(new GroupsOptions()), new FakeTimeProvider(Now), NullLogger<GroupInvalidator>.Instance);
        _bus.Connect(_invalidator);
        await _invalidator.StartAsync(Ct);
    }

    [Fact]
    public async Task Who_is_removed_elsewhere_is_no_member_here_from_then_on()
    {
        var id = await CreateAsync("ann", "bob");
        await ReadAsync(id, "bob");

        await ChangeAsync(id, group => GroupRules.Remove(group, User("ann"), User("bob")));

        Assert.Null((await _here.FindAsync(id, Ct))!.Find(User("bob")));
        Assert.Empty(await ListAsync("bob"));
    }

    [Fact]
    public async Task Subscribers_here_are_told_though_nobody_reads_the_group()
    {
        var id = await CreateAsync("ann", "bob");
        await ReadAsync(id, "bob");

        await ChangeAsync(id, group => GroupRules.Remove(group, User("ann"), User("bob")));

        await Wait.UntilAsync(() => Found().Any(found => found.Users is [var only] && only == User("bob")), "the change is told");
    }

    [Fact]
    public async Task Subscribers_here_are_told_of_members_of_a_group_that_is_not_known_here()
    {
        var id = await CreateAsync("ann", "bob");

        await ChangeAsync(id, group => GroupRules.Add(group, User("ann"), Users("eve"), SeqNo.None, 10));

        await Wait.UntilAsync(() => Found().Count == 2, "both changes are told");
        Assert.Equal(Users("ann", "bob"), Found()[0].Users);
        Assert.Equal(Users("eve"), Found()[1].Users);
    }

    [Fact]
    public async Task A_title_that_is_changed_elsewhere_is_in_the_lists_here()
    {
        var id = await CreateAsync("ann", "bob");
        await ReadAsync(id, "bob");

        await ChangeAsync(id, group => GroupRules.Change(group, User("ann"), "Runners", null));

        Assert.Equal("Runners", (await _here.FindAsync(id, Ct))!.Title);
        Assert.Equal("Runners", Assert.Single(await ListAsync("bob")).Title);
        Assert.DoesNotContain(Found(), found => found.Users.Count == 1);
    }

    [Fact]
    public async Task What_is_no_change_is_refused_and_the_next_is_heard()
    {
        var id = await CreateAsync("ann", "bob");
        await ReadAsync(id, "bob");

        Assert.ThrowsAny<Exception>(() => _bus.Broadcast(GroupChanged.Topic, "{}"u8.ToArray()));
        await ChangeAsync(id, group => GroupRules.Remove(group, User("ann"), User("bob")));

        await Wait.UntilAsync(() => Found().Any(found => found.Users.Count == 1), "the change is told");
    }

    [Theory, InlineData(nameof(INodeObserver.Missed)), InlineData(nameof(INodeObserver.Left)), InlineData(nameof(INodeObserver.Joined)), InlineData(nameof(INodeObserver.LeaseGained))]
    public async Task After_changes_that_may_not_have_been_heard_readers_and_subscribers_learn_of_them(string reason)
    {
        var id = await CreateAsync("ann", "bob");
        var unchanged = await CreateAsync("ann", "bob");
        Assert.NotNull(await _here.FindAsync(id, Ct));
        Assert.NotNull(await _here.FindAsync(unchanged, Ct));
        Assert.Equal(2, (await ListAsync("bob")).Count);
        _bus.Disconnect(_invalidator);
        await ChangeAsync(id, group => GroupRules.Remove(group, User("ann"), User("bob")));
        Assert.NotNull((await _here.FindAsync(id, Ct))!.Find(User("bob")));

        Tell(reason);

        Assert.Equal(unchanged, Assert.Single(await ListAsync("bob")).Group);
        await Wait.UntilAsync(() => Found().Any(found => found.Group == id && found.Users is [var only] && only == User("bob")), "the change is told");
        Assert.Null((await _here.FindAsync(id, Ct))!.Find(User("bob")));
    }

    public async ValueTask DisposeAsync()
    {
        await _invalidator.StopAsync(Ct);
        _invalidator.Dispose();
        _stores.Dispose();
    }

    private void Tell(string reason)
    {
        switch (reason)
        {
            case nameof(INodeObserver.Missed):
                _invalidator.Missed(new NodeId(1));
                break;
            case nameof(INodeObserver.Left):
                _invalidator.Left(new NodeId(1));
                break;
            case nameof(INodeObserver.Joined):
                _invalidator.Joined(new NodeId(1));
                break;
            default:
                _invalidator.LeaseGained(new NodeId(1));
                break;
        }
    }

    private async Task<ConversationId> CreateAsync(string owner, params string[] others)
    {
        var id = ConversationId.NewGroup();
        var created = await _elsewhere.CreateAsync(id, _ => GroupRules.Create(id, User(owner), "Walkers", GroupHistory.All, Users(others), Now, 10), Ct);
        Assert.True(created.IsOk);
        return id;
    }

    private async Task ChangeAsync(ConversationId id, Func<GroupState, Result<GroupChange>> decide) =>
        Assert.True((await _elsewhere.ChangeAsync(id, decide, Ct)).IsOk);

    // So that both are in memory here.
    private async Task ReadAsync(ConversationId id, string member)
    {
        Assert.NotNull((await _here.FindAsync(id, Ct))!.Find(User(member)));
        Assert.Single(await ListAsync(member));
    }

    private async Task<IReadOnlyList<JoinedGroup>> ListAsync(string user) => await (await _here.FindGroupsOfAsync(User(user), Ct)).Answer;

    private IReadOnlyList<MembershipsFoundChanged> Found() => [.. _mediator.Published.OfType<MembershipsFoundChanged>()];

    private GroupDirectory Start(FakeMediator mediator, FakeBus bus)
    {
        var (store, metrics) = (new SqliteGroupStore(_stores.Database), new GroupsMetrics(_stores.Meters));
        return new(
            store, new NoticeAppender(store, new NoticeLog(), metrics, NullLogger<NoticeAppender>.Instance), mediator, bus, Options.Create(new GroupsOptions()), metrics,
            new FakeTimeProvider(Now));
    }
}

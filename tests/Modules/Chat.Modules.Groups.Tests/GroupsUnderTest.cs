using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Changing;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Groups.Caching;
using Chat.Modules.Groups.Notices;
using Chat.Modules.Groups.Reading;
using Chat.Modules.Groups.Store;
using Chat.Modules.Groups.Tests.Notices;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Groups.Tests.Named;

namespace Chat.Modules.Groups.Tests;

/// <summary>The module's handlers on a real store, the other modules being told what to answer.</summary>
internal sealed class GroupsUnderTest : IDisposable
{
    private readonly TemporaryStores _stores = new("groups", typeof(GroupsModule).Assembly);
    private readonly IOptions<GroupsOptions> _options;
    private readonly Func<IGroupStore, IGroupStore> _wrap;
    private readonly StrangerLimits _strangers;

    public GroupsUnderTest(GroupsOptions? options = null, Func<IGroupStore, IGroupStore>? wrap = null, RateLimitOptions? rates = null)
    {
        (_options, _wrap) = (Options.Create(options ?? new GroupsOptions()), wrap ?? (store => store));
        Mediator.Answer<GetHead, SeqNo>(_ => Head());
        Mediator.Answer<HasWritten, bool>(query => HasWritten(query.User.Value));
        _strangers = new StrangerLimits(Mediator, new GroupsMetrics(_stores.Meters), _options, Options.Create(rates ?? new RateLimitOptions { Enabled = false }), Clock);
        Directory = Start();
    }

    public FakeTimeProvider Clock { get; } = new(Now);

    public FakeMediator Mediator { get; } = new();

    public NoticeLog Log { get; } = new();

    /// <summary>What the log says is the head of every conversation.</summary>
    public Func<SeqNo> Head { get; set; } = () => SeqNo.None;

    /// <summary>Who has written to whoever adds it: nobody unless a test says so.</summary>
    public Func<string, bool> HasWritten { get; set; } = _ => false;

    public GroupDirectory Directory { get; private set; }

    public IGroupStore Store => new SqliteGroupStore(_stores.Database);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public Task<Result<Group>> CreateAsync(string owner, params string[] others) => CreateAsync(GroupHistory.All, owner, others);

    public Task<Result<Group>> CreateAsync(GroupHistory history, string owner, params string[] others) =>
        new CreateGroupHandler(Directory, _strangers, _options, Clock)
            .Handle(new CreateGroup(Device(owner), "Walkers", Users(others), history), Ct);

    public Task<Result<Group>> ChangeAsync(ConversationId group, string caller, string? title, GroupHistory? history = null) =>
        new ChangeGroupHandler(Directory).Handle(new ChangeGroup(Device(caller), group, title, history), Ct);

    public Task<Result<Group>> AddAsync(ConversationId group, string caller, params string[] users) =>
        new AddMembersHandler(Directory, _strangers, Mediator, _options).Handle(new AddMembers(Device(caller), group, Users(users)), Ct);

    public Task<Result<Done>> RemoveAsync(ConversationId group, string caller, string user) =>
        new RemoveMemberHandler(Directory).Handle(new RemoveMember(Device(caller), group, User(user)), Ct);

    public Task<Result<Group>> ChangeRoleAsync(ConversationId group, string caller, string user, GroupRole role) =>
        new ChangeRoleHandler(Directory).Handle(new ChangeRole(Device(caller), group, User(user), role), Ct);

    public Task<Result<Group>> GetAsync(ConversationId group, string caller) =>
        new GetGroupHandler(Directory).Handle(new GetGroup(Device(caller), group), Ct);

    public Task<Membership?> MembershipAsync(ConversationId conversation, string user) =>
        new GetMembershipHandler(Directory).Handle(new GetMembership(conversation, User(user)), Ct);

    public Task<GroupRole?> RoleAsync(ConversationId group, string user) => new GetRoleHandler(Directory).Handle(new GetRole(group, User(user)), Ct);

    public Task<string?> TitleAsync(ConversationId group) => new GetTitleHandler(Directory).Handle(new GetTitle(group), Ct);

    public Task<IReadOnlyList<UserId>> MembersAsync(ConversationId conversation) =>
        new GetMembersHandler(Directory).Handle(new GetMembers(conversation), Ct);

    public Task<IReadOnlyList<JoinedGroup>> GroupsOfAsync(string user) =>
        new GetGroupsOfHandler(Directory).Handle(new GetGroupsOf(User(user)), Ct);

    public Task<bool> ShareAsync(string one, string other) =>
        new HaveSharedGroupHandler(Directory).Handle(new HaveSharedGroup(User(one), User(other)), Ct);

    /// <summary>The events of a kind, oldest first.</summary>
    public IReadOnlyList<T> Raised<T>() where T : INotification => [.. Mediator.Published.OfType<T>()];

    public void Restart()
    {
        _stores.Close();
        Directory = Start();
    }

    public void Dispose()
    {
        _stores.Dispose();
    }

    private GroupDirectory Start()
    {
        var (store, metrics) = (_wrap(Store), new GroupsMetrics(_stores.Meters));
        return new(store, new NoticeAppender(store, Log, metrics, NullLogger<NoticeAppender>.Instance), Mediator, new FakeBus(), _options, metrics, Clock);
    }
}

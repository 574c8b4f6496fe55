using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;
using Chat.Testing;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Presence.Tests;

/// <summary>The module as it registers itself, on a real store, with the other modules' answers and the clock in the test's hand.</summary>
internal sealed class PresenceServer : IAsyncDisposable
{
    private readonly TemporaryStores _stores = new("presence", typeof(PresenceModule).Assembly);
    private readonly ServiceProvider _services;
    private long _connections;

    private PresenceServer(IReadOnlyDictionary<string, string?> settings, FakeServer? node, FakeTimeProvider? clock)
    {
        Clock = clock ?? new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IMediator>(Others)
            .AddSingleton<IMeterFactory>(_stores.Meters)
            .AddSingleton(_stores.Database);
        var context = new ModuleContext(configuration);
        services.AddNodes(context);
        if (node is not null)
            services.AddSingleton<INodes>(node).AddSingleton<IBus>(node);
        new PresenceModule().AddServices(services, context);
        _services = services.BuildServiceProvider();
        if (node is not null)
        {
            node.Observers = () => _services.GetServices<INodeObserver>();
            node.Handlers = () => _services.GetServices<IBusHandler>();
        }

        Others
            .Answer<GetHead, SeqNo>(query => DirectConversations.Contains(query.Conversation) ? new SeqNo(1) : SeqNo.None)
            .Answer<FindDirectsWith, IReadOnlyCollection<UserId>>(query =>
                [.. query.Others.Where(other => DirectConversations.Contains(ConversationId.Direct(query.User, other)))])
            .Answer<FindUsersSharingGroup, IReadOnlyCollection<UserId>>(query =>
            {
                Interlocked.Increment(ref GroupChecks);
                return [.. query.Others.Where(other => Groups.Values.Any(members => members.Contains(query.User) && members.Contains(other)))];
            })
            .Answer<HaveSharedGroup, bool>(query =>
            {
                Interlocked.Increment(ref GroupChecks);
                return Groups.Values.Any(members => members.Contains(query.One) && members.Contains(query.Other));
            })
            .Answer<GetMembers, IReadOnlyList<UserId>>(query => Groups.GetValueOrDefault(query.Conversation) ?? [])
            .Answer<GetMembership, Membership?>(query =>
                Groups.GetValueOrDefault(query.Conversation)?.Contains(query.User) == true ? new Membership(SeqNo.None, SeqNo.None) : null);
    }

    public FakeTimeProvider Clock { get; }

    public FakeMediator Others { get; } = new();

    public HashSet<ConversationId> DirectConversations { get; } = [];

    public Dictionary<ConversationId, List<UserId>> Groups { get; } = [];

    public int GroupChecks;

    public IReadOnlyList<PresenceChanged> Announced => [.. Others.Published.OfType<PresenceChanged>()];

    public IReadOnlyList<TypingChanged> Shown => [.. Others.Published.OfType<TypingChanged>()];

    public static Task<PresenceServer> StartAsync(params (string Key, int Value)[] settings) => StartAsync(node: null, clock: null, settings);

    /// <summary>As a node of several.</summary>
    public static async Task<PresenceServer> StartAsync(FakeServer? node, FakeTimeProvider? clock, params (string Key, int Value)[] settings)
    {
        var server = new PresenceServer(settings.ToDictionary(s => $"Presence:{s.Key}", s => (string?)$"{s.Value}"), node, clock);
        foreach (var service in server._services.GetServices<IHostedService>())
            await service.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public static UserId User(string name) => UserId.Parse(name);

    public static DeviceAddress Phone(string user) => new(User(user), DeviceId.Parse("phone"));

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public ConnectionId Connect(DeviceAddress device)
    {
        var connection = new ConnectionId(Interlocked.Increment(ref _connections));
        Raise(new DeviceConnected(device, connection));
        return connection;
    }

    public void Disconnect(DeviceAddress device, ConnectionId connection) => Raise(new DeviceDisconnected(device, connection));

    public ConversationId HaveGroup(params string[] members)
    {
        var group = ConversationId.NewGroup();
        Groups[group] = [.. members.Select(User)];
        return group;
    }

    public void HaveDirectConversation(string one, string other) => DirectConversations.Add(ConversationId.Direct(User(one), User(other)));

    public void RemoveMember(ConversationId group, string member)
    {
        Groups[group].Remove(User(member));
        Raise(new MemberRemoved(group, User(member)));
    }

    public async Task<Result<IReadOnlyList<PresenceState>>> SubscribeAsync(
        DeviceAddress from, ConnectionId connection, IEnumerable<string> subscribe, params string[] unsubscribe) =>
        await Get<IRequestHandler<SubscribePresence, Result<IReadOnlyList<PresenceState>>>>().Handle(
            new SubscribePresence(from, connection, [.. subscribe.Select(User)], [.. unsubscribe.Select(User)]),
            TestContext.Current.CancellationToken);

    public async Task<Result<Done>> TypeAsync(DeviceAddress from, ConversationId conversation, bool active) =>
        await Get<IRequestHandler<SetTyping, Result<Done>>>().Handle(new SetTyping(from, conversation, active), TestContext.Current.CancellationToken);

    /// <summary>Waits until all changes so far are announced: they are announced in order, so one more that is announced stands behind them.</summary>
    public async Task AnnouncedAllAsync()
    {
        var marker = $"marker-{Interlocked.Increment(ref _connections)}";
        HaveDirectConversation(marker, "watcher-of-markers");
        var watcher = Phone("watcher-of-markers");
        var connection = Connect(watcher);
        await SubscribeAsync(watcher, connection, [marker]);
        Connect(Phone(marker));
        await Wait.UntilAsync(() => Announced.Any(change => change.State.User == User(marker)), "the marker is announced");
    }

    public IReadOnlyList<PresenceChanged> AnnouncedOf(string user) => [.. Announced.Where(change => change.State.User == User(user))];

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>().Reverse())
            await service.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
        _stores.Dispose();
    }

    private void Raise<TEvent>(TEvent raised) where TEvent : INotification
    {
        foreach (var subscriber in _services.GetServices<INotificationHandler<TEvent>>())
            Assert.True(subscriber.Handle(raised, CancellationToken.None).IsCompletedSuccessfully, "A subscriber never waits.");
    }
}

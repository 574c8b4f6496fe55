using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.FanOut;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Receipts;
using Chat.Modules.Delivery.Relay;
using Chat.Modules.Delivery.Tests.Cursors;
using Chat.Modules.Delivery.Tests.FanOut;
using Chat.Modules.Delivery.Tests.Notifications;
using Chat.Modules.Delivery.Tests.Relay;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Modules.Delivery.Tests;

/// <summary>The module, and around it a made-up log, made-up groups, clients and a clock.</summary>
internal sealed partial class World : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ConversationId, List<LoggedMessage>> _log = [];
    private readonly Dictionary<MessageId, long> _positions = [];
    private readonly Dictionary<ConversationId, Dictionary<UserId, Membership>> _groups = [];
    private readonly NodeServices _node;
    private readonly ConcurrentDictionary<Type, ConcurrentQueue<Action>> _meanwhile = new();
    private readonly ConcurrentBag<Client> _clients = [];
    private readonly TestMeters _meters = new();
    private readonly MeterListener _listener = new();
    private long _faults;

    /// <param name="options">Of the module.</param>
    /// <param name="store">In place of one in memory.</param>
    /// <param name="redis">What connects it to others, as one of several nodes; it is to be started then.</param>
    /// <param name="beside">The world with which it has log, groups, cursors and clock in common.</param>
    /// <param name="ports">In place of those of a server by itself.</param>
    /// <param name="push">Of push notifications.</param>
    /// <param name="hasOthers">Whether push notifications are those of one of several servers.</param>
    public World(DeliveryOptions? options = null, ICursorStore? store = null, RedisServer? redis = null, World? beside = null, NodePorts? ports = null, PushOptions? push = null,
        bool hasOthers = false)
    {
        if (beside is not null)
            (_gate, _log, _positions, _groups, Clock) = (beside._gate, beside._log, beside._positions, beside._groups, beside.Clock);
        Options = Microsoft.Extensions.Options.Options.Create(options ?? new DeliveryOptions());
        Store = store ?? beside?.Store ?? new InMemoryCursorStore();
        AnswerQueries();
        CountFaults();
        Metrics = new DeliveryMetrics(_meters, Clock);
        CursorTable = new CursorTable(Store, Options, Clock, NullLogger<CursorTable>.Instance);
        Starts = new DeviceStarts(Store, CursorTable, Mediator);
        Services = new ConnectionServices(
            Mediator, new MemberLog(Mediator), CursorTable, Starts, new ResendList(), Options, Metrics, Clock, NullLogger<DeviceConnection>.Instance);
        Connections = new ConnectionTable(Metrics);
        _node = new NodeServices(redis, () => Registrar!, () => RelayReceiver!);
        var isByItself = redis is null && ports is null;
        ports ??= _node.Ports;
        // What happens between nodes takes real time.
        TimeProvider clock = redis is null ? Clock : TimeProvider.System;
        var leaving = new Leaving(Options, clock, NullLogger<Leaving>.Instance);
        UserNodes = new UserNodes(ports.Registry, Options, Metrics, NullLogger<UserNodes>.Instance);
        Receivers = new Receivers(Connections, new NodeRelay(ports.Bus, UserNodes, new TextCodec()));
        Redrains = new Redrains(Receivers, leaving, Options, Metrics, clock, NullLogger<Redrains>.Instance);
        FanOut = new FanOutQueue(Options, Metrics);
        Registrar = new ConnectionRegistrar(
            ports.Registry, ports.Nodes, ports.Bus, Receivers, UserNodes, Redrains, FanOut, Options, clock, NullLogger<ConnectionRegistrar>.Instance);
        RelayReceiver = new RelayReceiver(
            Receivers, UserNodes, Registrar, Redrains, new TextCodec(), Mediator, Options, clock, NullLogger<RelayReceiver>.Instance);
        Acceptor = new ConnectionAcceptor(Connections, Services, leaving, isByItself ? new EmbeddedConnectionRegistrar() : Registrar);
        GatheredReceipts = new GatheredReceipts(Receivers, Mediator, Options, Clock, NullLogger<GatheredReceipts>.Instance);
        ReceiptFanOut = new ReceiptFanOut(Receivers, GatheredReceipts, Mediator, Options, Metrics, NullLogger<ReceiptFanOut>.Instance);
        Feed = beside?.Feed ?? new InMemoryFeed();
        Push = new PushServer(
            beside?.Push.Stores ?? new PushStores(Clock), beside?.Push.Platform ?? new FakePlatform(Clock), Feed, ports.Bus, Receivers, CursorTable, Metrics,
            Options.Value, Mediator, _meters, Clock, push ?? new PushOptions { RebuildsPerSecond = 1_000_000 }, hasOthers);
        Acknowledging = new AcknowledgeHandler(Receivers, CursorTable, ReceiptFanOut, Push.Withdrawals, Mediator);
    }

    /// <summary>After which position of the feed the last device that connected was looked for something; null for all.</summary>
    public long? AskedSince { get; private set; }

    public FakeTimeProvider Clock { get; } = new();

    public FakeMediator Mediator { get; } = new();

    public IOptions<DeliveryOptions> Options { get; }

    public ICursorStore Store { get; }

    public CursorTable CursorTable { get; }

    public DeviceStarts Starts { get; }

    public DeliveryMetrics Metrics { get; }

    public ConnectionServices Services { get; }

    public ConnectionTable Connections { get; }

    public ConnectionAcceptor Acceptor { get; }

    public Receivers Receivers { get; }

    public GatheredReceipts GatheredReceipts { get; }

    public ReceiptFanOut ReceiptFanOut { get; }

    public AcknowledgeHandler Acknowledging { get; }

    public InMemoryFeed Feed { get; }

    public PushServer Push { get; }

    /// <summary>The conversations that users have muted.</summary>
    public HashSet<(UserId User, ConversationId Conversation)> Muted { get; } = [];

    /// <summary>Up to where users have cleared conversations.</summary>
    public Dictionary<(UserId User, ConversationId Conversation), SeqNo> Cleared { get; } = [];

    /// <summary>What <c>chat.delivery.faults</c> has counted.</summary>
    public long Faults => Volatile.Read(ref _faults);

    public IReadOnlyList<IEvent> Published<IEvent>() where IEvent : INotification => [.. Mediator.Published.OfType<IEvent>()];

    public static DeviceAddress Device(string user, string device = "phone") => new(UserId.Parse(user), DeviceId.Parse(device));

    public static ConversationId Direct(string one, string other) => ConversationId.Direct(UserId.Parse(one), UserId.Parse(other));

    /// <summary>A message in the log, of which nobody has been told.</summary>
    public MessageAppended Append(ConversationId conversation, DeviceAddress sender, string text = "hello", int hole = 0, MessageId? replyTo = null)
    {
        lock (_gate)
            return Append(conversation, sender, MessageContent.Of(text, replyTo), hole);
    }

    public MessageAppended Append(ConversationId conversation, DeviceAddress sender, MessageContent content)
    {
        lock (_gate)
            return Append(conversation, sender, content, hole: 0);
    }

    // Under _gate.
    private MessageAppended Append(ConversationId conversation, DeviceAddress sender, MessageContent content, int hole)
    {
        var previous = HeadOf(conversation);
        var seqNo = new SeqNo(previous.Value + 1 + hole);
        var message = new LoggedMessage(
            MessageId.New(Clock.GetUtcNow()), conversation, seqNo, sender, $"{conversation}-{seqNo}", content, Clock.GetUtcNow());
        if (!_log.TryGetValue(conversation, out var messages))
            _log.Add(conversation, messages = []);
        messages.Add(message);
        _positions.Add(message.Id, _positions.Count + 1);
        return new MessageAppended(message, previous);
    }

    /// <summary>Tells the connections of the members, as the fan-out does.</summary>
    public void Offer(MessageAppended appended) => Receivers.Push(appended, Members(appended.Message.Conversation), NotShown(appended.Message));

    public MessageAppended Say(ConversationId conversation, DeviceAddress sender, string text = "hello", int hole = 0)
    {
        var appended = Append(conversation, sender, text, hole);
        Offer(appended);
        return appended;
    }

    public void Say(int messages, ConversationId conversation, DeviceAddress sender)
    {
        for (var i = 0; i < messages; i++)
            Say(conversation, sender);
    }

    public IReadOnlyList<ConversationId> Conversations
    {
        get
        {
            lock (_gate)
                return [.. _log.Keys];
        }
    }

    public SeqNo Head(ConversationId conversation)
    {
        lock (_gate)
            return HeadOf(conversation);
    }

    public IReadOnlyList<LoggedMessage> Log(ConversationId conversation)
    {
        lock (_gate)
            return [.. _log.GetValueOrDefault(conversation, [])];
    }

    public IReadOnlyList<UserId> Members(ConversationId conversation)
    {
        if (conversation.IsDirect)
            return [conversation.Users.First, conversation.Users.Second];
        lock (_gate)
            return [.. _groups.GetValueOrDefault(conversation, []).Keys];
    }

    /// <summary>Has a device connect; the welcome is a pong, as delivery does not know the transports' events.</summary>
    public Client Connect(DeviceAddress device, Action<Client>? prepare = null)
    {
        var client = new Client(device);
        prepare?.Invoke(client);
        var attached = Acceptor.Attach(client, new Welcome());
        Assert.NotNull(attached);
        client.Connection = (DeviceConnection)attached;
        _clients.Add(client);
        return client;
    }

    /// <summary>Has a device connect, and be caught up with what waited.</summary>
    public async Task<Client> ConnectedAsync(DeviceAddress device)
    {
        var client = Connect(device);
        await Wait.UntilAsync(() => client.CaughtUp, "caughtUp");
        await SettleAsync();
        return client;
    }

    public Task<Result<Done>> AckAsync(DeviceAddress from, ConversationId conversation, long seqNo, AckStatus status = AckStatus.Delivered) =>
        Acknowledging.Handle(new Acknowledge(from, conversation, new SeqNo(seqNo), status), TestContext.Current.CancellationToken);

    public async Task<long> CursorAsync(DeviceAddress device, ConversationId conversation)
    {
        var key = new CursorKey(device.User, device.Device, conversation);
        return (await CursorTable.GetAsync(key, TestContext.Current.CancellationToken)).Delivered.Value;
    }

    /// <summary>Something that happens in the middle of the next such query: after its answer is made up, before it is given.</summary>
    public void MeanwhileOf<TRequest>(Action happens) => _meanwhile.GetOrAdd(typeof(TRequest), _ => new()).Enqueue(happens);

    /// <summary>Nothing happens any more that was still to happen.</summary>
    public void CalmDown() => _meanwhile.Clear();

    /// <summary>The next such query finds its store away.</summary>
    public void FailNext<TRequest>() => MeanwhileOf<TRequest>(() => throw new StoreUnavailableException("Away."));

    /// <summary>Waits until no connection has anything left to do, but for those whose reader holds them back.</summary>
    public Task SettleAsync() => Wait.UntilAsync(
        // Twice, as one that was looked at may have been told something by one that was not.
        () => AllRest() && AllRest(), "rest");

    /// <summary>The same for one device, where nothing can be awaited.</summary>
    public void SpinUntilAtRest(DeviceAddress device) =>
        Assert.True(SpinWait.SpinUntil(() => Connections.Find(device) is { } connection && IsAtRest(connection), TimeSpan.FromMinutes(2)));

    public void Sweep(TimeSpan after)
    {
        Clock.Advance(after);
        Services.Resends.Sweep();
    }

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            client.Connection.Dispose();
            client.Release();
        }
        foreach (var service in (BackgroundService[])[UserNodes, Redrains, Registrar, RelayReceiver])
            service.Dispose();
        _node.Dispose();
        CursorTable.Dispose();
        GatheredReceipts.Dispose();
        ReceiptFanOut.Dispose();
        _listener.Dispose();
        _meters.Dispose();
    }

    private void CountFaults()
    {
        var meter = _meters.Create(new MeterOptions("Chat"));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && instrument.Name is "chat.delivery.faults" or "chat.delivery.redrained")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, count, _, _) => Interlocked.Add(ref instrument.Name == "chat.delivery.faults" ? ref _faults : ref _redrained, count));
        _listener.Start();
    }

    private SeqNo HeadOf(ConversationId conversation) => _log.GetValueOrDefault(conversation) is [.., var last] ? last.SeqNo : SeqNo.None;

    private void AnswerQueries() => Mediator
        .Answer<ReadLog, IReadOnlyList<LoggedMessage>>(query => Answered<IReadOnlyList<LoggedMessage>>(query,
            () => [.. Within(query.MaxBytes, Log(query.Conversation).Where(message => message.SeqNo > query.After).Take(query.Limit))]))
        .Answer<ReadLogDownwards, IReadOnlyList<LoggedMessage>>(query => Answered<IReadOnlyList<LoggedMessage>>(query,
            () => [.. Log(query.Conversation).Where(message => message.SeqNo < query.Before).TakeLast(query.Limit)]))
        .Answer<GetOwnSettings, OwnSettings>(query => Muted.Contains((query.User, query.Conversation)) ? new OwnSettings(DateTimeOffset.MaxValue) : OwnSettings.None)
        .Answer<CountUnread, UnreadCounts>(_ => new UnreadCounts(1, 1))
        .Answer<GetHead, SeqNo>(query => Answered(query, () => Head(query.Conversation)))
        .Answer<GetHeads, IReadOnlyList<SeqNo>>(query => Answered<IReadOnlyList<SeqNo>>(query, () => [.. query.Conversations.Select(Head)]))
        .Answer<GetDirectHeads, DirectHeads>(query => Answered(query, () => DirectHeadsOf(query)))
        .Answer<FindMessage, MessageLocation?>(query => Answered(query, () => Find(query.Message)))
        .Answer<GetMembership, Membership?>(query => Answered(query, () => MembershipOf(query.Conversation, query.User)))
        .Answer<GetMembershipAsReader, Membership?>(query => Answered(query, () => MembershipOf(query.Conversation, query.User) is { } membership
            ? Cleared.TryGetValue((query.User, query.Conversation), out var cleared) ? new Membership(SeqNo.Max(membership.JoinedAt, cleared), SeqNo.Max(membership.VisibleAfter, cleared)) : membership
            : null))
        .Answer<GetNotShown, IReadOnlyCollection<UserId>>(query => Answered<IReadOnlyCollection<UserId>>(query, () => NotShown(query.Conversation, query.Place)))
        .Answer<GetOwnReactions, IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>>(query => Answered<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>>(query,
            () => query.Messages.ToDictionary(seqNo => seqNo, _ => (IReadOnlyList<string>)[query.User.Value])))
        .Answer<GetMembers, IReadOnlyList<UserId>>(query => Answered(query, () => Members(query.Conversation)))
        .Answer<GetDevices, IReadOnlyList<Device>>(query => Answered(query, () => DevicesOf(query.User)))
        .Answer<GetTitle, string?>(query => Answered(query, () => Titles.GetValueOrDefault(query.Group)))
        .Answer<GetGroupsOf, IReadOnlyList<JoinedGroup>>(query => Answered(query, () => GroupsOf(query.User)));

    private static IEnumerable<LoggedMessage> Within(long bytes, IEnumerable<LoggedMessage> messages) =>
        messages.TakeWhile((message, n) => (bytes -= message.MaxJsonBytes()) >= 0 || n == 0);

    private T Answered<T>(object query, Func<T> answer)
    {
        var result = answer();
        if (_meanwhile.TryGetValue(query.GetType(), out var waiting) && waiting.TryDequeue(out var happens))
            happens();
        return result;
    }

    private MessageLocation? Find(MessageId id)
    {
        lock (_gate)
        {
            return _log.Values.SelectMany(messages => messages).FirstOrDefault(message => message.Id == id) is { } found
                ? new MessageLocation(found.Conversation, found.SeqNo)
                : null;
        }
    }

    private DirectHeads DirectHeadsOf(GetDirectHeads query)
    {
        lock (_gate)
        {
            AskedSince = query.Since?.Value;
            var heads = _log.Keys.Where(conversation => conversation.IsDirectOf(query.User))
                .Select(conversation => new ConversationHead(conversation, HeadOf(conversation), _positions[_log[conversation][^1].Id]));
            return new DirectHeads(
                [.. heads.Where(head => query.Since is null || head.Position > query.Since.Value.Value)], new FeedPosition("epoch", _positions.Count));
        }
    }

    private bool AllRest() => _clients.All(client => client.IsHeldBack || IsAtRest(client.Connection));

    // A test may look into the pump: only there stands whether something is still to come.
    private static bool IsAtRest(DeviceConnection connection) => Pump(connection).IsIdle;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_pump")]
    private static extern ref Pump Pump(DeviceConnection connection);
}

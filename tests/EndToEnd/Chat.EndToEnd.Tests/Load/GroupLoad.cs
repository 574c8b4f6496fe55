using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>Users who write to one another, in groups of ten and in pairs, every fifth of them with a second device that listens, and makes changes; a third of the devices are on the hub.</summary>
internal sealed partial class GroupLoad : IAsyncDisposable
{
    private const int GroupSize = 10;

    // Changed messages of a conversation whose lists are read from a server in the end.
    private const int Listed = 4;

    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(80);

    // Of the devices that only change.
    private static readonly TimeSpan _changePace = TimeSpan.FromMilliseconds(800);

    private readonly LoadSettings _settings;
    private readonly CancellationTokenSource _stopSending = new();
    private readonly List<LoadClient> _clients = [];
    private readonly List<LoadClub> _clubs = [];
    private readonly List<LoadKeeper> _keepers = [];
    private readonly List<LoadTimer> _timers = [];
    private readonly DeviceHistory _created = new("load", "groups");
    private readonly CancellationTokenSource _leaving = new();
    private readonly List<Task> _sending = [];
    private readonly List<(Account Reader, string Conversation)> _memberships = [];

    private GroupLoad(LoadSettings settings) => _settings = settings;

    public long Acked => _settings.Acked;

    public long ChangesAcked => _settings.ChangesAcked;

    /// <summary>What was answered.</summary>
    public string Figures =>
        $"{Acked} sends, {ChangesAcked} changes, {_clubs.Sum(club => club.Changes)} changes of groups, {_keepers.Sum(keeper => keeper.History.Events.Count)} of own settings and {_timers.Sum(timer => timer.History.Events.OfType<HistoryEvent.TimerSet>().Count())} timers acked, "
        + $"{Expiring} messages that expire seen, {_timers.Sum(timer => timer.History.Events.OfType<HistoryEvent.PageRead>().Count())} pages of them read";

    /// <summary>Messages that some device saw, and that expire.</summary>
    public int Expiring => _clients.SelectMany(client => client.History.Events.OfType<HistoryEvent.Received>()).Where(one => one.Message.ExpiresAt is not null).DistinctBy(one => one.Message.MessageId).Count();

    public LoadFiles Files => _settings.Files;

    /// <summary>Only where the load has some.</summary>
    public LoadNotifications Notifications => _settings.Notifications!;

    /// <inheritdoc cref="LoadSettings.LatestDelivery"/>
    public TimeSpan LatestDelivery => _settings.LatestDelivery;

    public IEnumerable<ConnectionEnd> Ends => _clients.SelectMany(c => c.Ends);

    public IEnumerable<Frame> Refusals => _clients.SelectMany(c => c.Refusals);

    public IEnumerable<string> LateSends => _clients.SelectMany(c => c.LateSends);

    /// <summary>From the server's end, or the order to end, to its being ready again.</summary>
    public TimeSpan LongestRestart { get; private set; }

    /// <summary>From a first try to its ack, over more than one restart where the client did not get through between them.</summary>
    public (TimeSpan Time, int Restarts) LongestWait => _clients.Max(c => c.LongestWait);

    /// <param name="senders">A multiple of ten.</param>
    public static Task<GroupLoad> StartAsync(ServerProcess server, int senders) => StartAsync([server], senders);

    /// <param name="servers">Of one database; each user stays with one of them, and has others of both in each conversation.</param>
    /// <param name="senders">A multiple of ten.</param>
    /// <param name="connect">How a device connects; null: to its user's server.</param>
    /// <param name="fcm">Devices are subscribed to notifications of it; null: none is.</param>
    public static async Task<GroupLoad> StartAsync(
        IReadOnlyList<ServerProcess> servers, int senders, Func<Account, Action<Frame>, CancellationToken, Task<WireClient>>? connect = null, FakeFcm? fcm = null)
    {
        var load = new GroupLoad(new LoadSettings { Servers = servers, ReconnectsWhenUnavailable = servers.Count > 1, Connect = connect ?? WireClient.ConnectAsync });
        load._settings.Notifications = fcm is null ? null : new LoadNotifications(fcm, load._settings.Moments);
        var users = new List<Account>();
        for (var i = 0; i < senders; i++)
            users.Add(await Account.RegisterAsync(servers[i % servers.Count], Account.UniqueId("user")));
        var conversations = users.ToDictionary(u => u, _ => new List<string>());
        var owned = users.ToDictionary(u => u, _ => new HashSet<string>(StringComparer.Ordinal));
        foreach (var group in users.Chunk(GroupSize))
        {
            var keeper = await Account.RegisterAsync(servers[0], Account.UniqueId("keeper"));
            var conversation = await load.CreateAsync([.. group, keeper], isFromJoin: false);
            load.AddKeeper(keeper, conversation);
            owned[group[0]].Add(conversation);
            load.Join(conversations, conversation, group);
            await load.FoundClubAsync(conversations, group);
            await load.AddTimersAsync(conversations, group);
        }

        foreach (var pair in users.Chunk(2))
            load.Join(conversations, pair[0].DirectTo(pair[1]), pair);

        foreach (var user in users)
            await load.Files.BeginAsync(user);

        foreach (var (number, user) in users.Index())
        {
            var isReader = fcm is not null && LoadNotifications.IsReader(number);
            var client = new LoadClient(user, load._settings, inFlight: number % 2 == 0 ? 1 : 8, owned[user], DoorOf(number), VisitsOf(user), isReader);
            load._clients.Add(client);
            if (number % 5 == 0)
                load._clients.Add(new LoadClient(await user.LogInAsync("desktop"), load._settings, inFlight: 1, owned[user], DoorOf(number / 5 + 1), VisitsOf(user), isReader));
            if (fcm is null)
                continue;
            await load.Notifications.SubscribeAsync(user, client.History);
            await load.Notifications.SubscribeTabletAsync(user, number, conversations[user][0]);
        }

        // A device that goes through a load balancer has no other way.
        Door DoorOf(int device) => connect is not null ? Door.WebSocket : (device % 6) switch
        {
            1 => Door.HubInJson,
            4 => Door.HubInMessagePack,
            _ => Door.WebSocket,
        };

        HashSet<string> VisitsOf(Account user) => [.. load._clubs.Where(club => club.Guests.Contains(user)).Select(club => club.Conversation)];

        // A user's second device begins at the head: from here on each of them must get everything.
        await Until.TrueAsync(
            () => load._clients.All(c => c.History.Events.OfType<HistoryEvent.CaughtUp>().Any()), "all clients are caught up", () => servers[0].Output);
        foreach (var client in load._clients.Except(load._keeperPhones))
        {
            var user = conversations.Single(u => u.Key.UserId == client.History.UserId);
            load._sending.Add(client.History.DeviceId == "phone"
                ? client.SendAsync(user.Value, _pace, load._stopSending.Token)
                : client.ChangeAsync(user.Value, _changePace, load._stopSending.Token));
        }

        load._sending.AddRange(load._clubs.Select(club => club.RunAsync(load._stopSending.Token)));
        load._sending.AddRange(load._timers.Select(timer => timer.RunAsync(load._stopSending.Token)));
        load._sending.AddRange(load._keepers.Select(keeper => keeper.RunAsync(load._stopSending.Token)));
        return load;
    }

    /// <summary>Ends the server and starts it again; a send that was tried in the meantime may need one more connection.</summary>
    public async Task RestartAsync(Func<Task> restart)
    {
        _settings.BeginRestart();
        var began = TimeProvider.System.GetTimestamp();
        await restart();
        var took = TimeProvider.System.GetElapsedTime(began);
        LongestRestart = took > LongestRestart ? took : LongestRestart;
        _settings.EndRestart();
    }

    /// <summary>Waits until that many more sends were acked.</summary>
    public Task AckedMoreAsync(int count, Func<string> more)
    {
        var goal = Acked + count;
        return Until.TrueAsync(() => Acked >= goal, $"{count} more sends are acked", more);
    }

    /// <summary>Sends no more, and lets everything that was sent get acked and delivered.</summary>
    /// <param name="reconnect">Every device comes once more: what came through another server waits for that.</param>
    /// <returns>What the checker wants.</returns>
    public async Task<(IReadOnlyCollection<DeviceHistory> Devices, IReadOnlyCollection<LogView> Views)> FinishAsync(bool reconnect = false)
    {
        await _stopSending.CancelAsync();
        await Task.WhenAll(_sending);
        await Until.TrueAsync(() => !_clients.Any(c => c.HasPending), "no send waits for its ack", () => string.Join('\n', [.. _clients.Where(c => c.HasPending), .. Refusals.Take(10)]));
        if (reconnect)
            await Task.WhenAll(_clients.Select(client => client.ReconnectAsync()));

        // What was not told yet is looked for by the servers now and then.
        await Task.WhenAny(Until.TrueAsync(AreToldAsync, "every change of a group is told"));
        await Until.TrueAsync(AreOverAsync, "every message with a timer has expired");
        var views = await ReadViewsAsync();
        var guests = await ReadAsGuestsAsync();

        // What never comes is for the checker to tell.
        await Task.WhenAny(Until.TrueAsync(() => HaveAll(views) && GuestsHaveAll(guests), "everything is delivered"));
        await ReadFilesAsync(views);
        if (_settings.Notifications is not { } notifications)
            return ([.. Histories], [.. views, .. guests]);
        await notifications.AllToldAsync(views);
        return ([.. Histories, .. notifications.Devices], [.. views, .. guests]);
    }

    /// <summary>Each conversation as each of its members reads it at its server, and one of them at every server, with lists.</summary>
    private async Task<List<LogView>> ReadViewsAsync()
    {
        var views = new List<LogView>();
        var lists = new LoadReading.Lists();
        foreach (var (reader, conversation) in _memberships)
            views.Add((await LoadReading.ReadLogAsync(reader, conversation)).WithListed(await lists.OfAsync(reader)));
        foreach (var (number, readers) in _memberships.GroupBy(one => one.Conversation, one => one.Reader).Index())
        {
            foreach (var server in _settings.Servers)
            {
                var reader = readers.ElementAt(number % readers.Count()).At(server);
                views.Add((await LoadReading.ReadListsAsync(reader, await LoadReading.ReadLogAsync(reader, readers.Key), Listed)).WithListed(await lists.OfAsync(reader)) with
                {
                    Group = readers.Key.StartsWith("g:", StringComparison.Ordinal) ? await LoadReading.ReadGroupAsync(reader, readers.Key) : null,
                });
            }
        }
        return views;
    }

    /// <summary>Each message's file is read once more, by members in turn.</summary>
    private async Task ReadFilesAsync(List<LogView> views)
    {
        Files.IsQuiet = true;
        foreach (var conversation in views.GroupBy(view => view.ConversationId))
        {
            LogView[] readers = [.. conversation];
            foreach (var (number, message) in readers[0].Messages.Where(message => message.File is not null).Index())
                _clients.First(client => client.History.UserId == readers[number % readers.Length].ReaderId).Read(message);
        }
        await Until.TrueAsync(() => _clients.All(client => client.FilesToRead == 0), "every file was read", () => $"{_clients.Sum(client => client.FilesToRead)} are left");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopSending.CancelAsync();
        await _leaving.CancelAsync();
        await Task.WhenAll(_sending);
        await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask()));
        _stopSending.Dispose();
        _leaving.Dispose();
        if (_settings.Notifications is { } notifications)
            await notifications.DisposeAsync();
    }

    private void Join(Dictionary<Account, List<string>> conversations, string conversation, IReadOnlyList<Account> members)
    {
        _settings.Mentions.Add(conversation, members.Select(member => member.UserId));
        foreach (var member in members)
        {
            conversations[member].Add(conversation);
            _memberships.Add((member, conversation));
        }
    }

    private bool HaveAll(IEnumerable<LogView> views) =>
        views.All(v => _clients.Where(c => c.History.UserId == v.ReaderId)
            .All(c => v.Messages.All(m => c.HasSent(m) || c.HasReceived(m.MessageId)) && v.Changes.All(c.HasChange)
                && v.Notices.All(n => n.Change.What == LoggedNotice.Created || c.HasNotice(n.MessageId))
                && v.Timers.All(t => c.HasNotice(t.MessageId))));
}

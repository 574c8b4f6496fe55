using System.Collections.Concurrent;
using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Load;

/// <summary>
/// The notifications of a load: each user's phone is subscribed, and a tablet that never connects. Of five users one reads on the phone; one mutes a conversation, one signs the tablet
/// out and one revokes it when <see cref="ChangeAsync"/> says so; and one does nothing of it.
/// </summary>
internal sealed class LoadNotifications : IAsyncDisposable
{
    private const int Kinds = 5;

    // A machine on which a pause takes so much longer gives the servers no time, either.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(250);

    // What waits for a lease, and what a platform's pauses hold up.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // Cursors are saved each second, and a second later where the queue is slow; the rest is for a machine that does much else.
    private static readonly NotificationTimes Times = NotificationTimes.Default with { OnItsWay = TimeSpan.FromSeconds(5) };

    private readonly List<Tablet> _tablets = [];
    private readonly FakeFcm _fcm;
    private readonly Moments _moments;
    private readonly ConcurrentQueue<Fault> _faults = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _watching;

    public LoadNotifications(FakeFcm fcm, Moments moments)
    {
        (_fcm, _moments) = (fcm, moments);
        _watching = Task.Run(WatchMachineAsync);
    }

    /// <summary>What was done to notifications for devices that never connect.</summary>
    public IEnumerable<DeviceHistory> Devices => _tablets.Select(tablet => tablet.History);

    public NotificationHistory History => new([.. _fcm.Received.Select(Told.Of)], [.. _faults], Times);

    public static bool IsReader(int user) => user % Kinds == 0;

    public async Task SubscribeTabletAsync(Account phone, int user, string conversation)
    {
        var account = await phone.LogInAsync("tablet");
        var tablet = new Tablet(account, phone, new DeviceHistory(account.UserId, account.DeviceId), user % Kinds, conversation);
        tablet.Address = await SubscribeAsync(account, tablet.History);
        _tablets.Add(tablet);
    }

    /// <returns>Its address.</returns>
    public async Task<string> SubscribeAsync(Account device, DeviceHistory history)
    {
        var token = _fcm.NewDevice();
        var began = _moments.Next();
        (await device.Rest.SendAsync(HttpMethod.Put, "/v1/push", $$"""{"kind":"fcm","token":"{{token}}"}""")).Expect(HttpStatusCode.NoContent);
        history.Add(new HistoryEvent.Subscribing(began, token, _moments.Next()));
        return token;
    }

    /// <summary>Some users mute a conversation, and some tablets leave.</summary>
    public async Task ChangeAsync()
    {
        foreach (var tablet in _tablets)
        {
            var began = _moments.Next();
            switch (tablet.Kind)
            {
                case 1:
                    var until = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds();
                    (await tablet.Phone.Rest.PatchAsync($"/v1/conversations/{tablet.Conversation}/mine", new { mutedUntil = until })).Expect2xx();
                    tablet.History.Add(new HistoryEvent.Muting(began, tablet.Conversation, IsMuted: true, _moments.Next()));
                    break;
                case 2:
                    (await new RestClient(tablet.Account.Server.Address).PostAsync("/v1/auth/logout", new { refreshToken = tablet.Account.RefreshToken })).Expect2xx();
                    tablet.History.Add(new HistoryEvent.Subscribing(began, null, _moments.Next()));
                    break;
                case 3:
                    (await tablet.Phone.Rest.DeleteAsync($"/v1/devices/{tablet.Account.DeviceId}")).Expect2xx();
                    tablet.History.Add(new HistoryEvent.Subscribing(began, null, _moments.Next()));
                    break;
            }
        }
    }

    /// <summary>A fault, which is a reason for notifications to be late.</summary>
    public async Task FaultAsync(string name, TimeSpan allowance, Func<Task> fault, bool losesAcks = false)
    {
        var from = _moments.Next();
        await fault();
        _faults.Enqueue(new Fault(name, from, _moments.Next(), allowance, losesAcks));
    }

    /// <summary>Waits until those who never ack were told of the newest message of each conversation, but not for ever: what never comes is for the checker to tell.</summary>
    public async Task AllToldAsync(IReadOnlyCollection<LogView> views)
    {
        var owed =
            from tablet in _tablets
            where tablet.Kind is 1 or 4
            from view in views
            where view.ReaderId == tablet.Account.UserId && (tablet.Kind == 4 || view.ConversationId != tablet.Conversation)
            let newest = view.Messages.LastOrDefault(message => message.SenderId != tablet.Account.UserId)
            where newest is not null
            select (tablet.Address, view.ConversationId, newest.SeqNo);
        var missing = owed.ToHashSet();
        var seen = 0;
        await Task.WhenAny(Until.TrueAsync(
            () =>
            {
                var told = _fcm.Received.Skip(seen).Select(Told.Of).ToList();
                seen += told.Count;
                foreach (var one in told)
                    missing.RemoveWhere(waiting => waiting.Address == one.Address && waiting.ConversationId == one.ConversationId && one.SeqNo >= waiting.SeqNo && !one.IsWithdrawal);
                return missing.Count == 0;
            },
            "all is told", patience: Patience));
    }

    /// <summary>What the run has come to, in a line.</summary>
    public string Describe(IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views)
    {
        var history = History;
        var ages = HistoryChecker.NotificationAges(devices, views, history).Order().ToList();
        var busy = history.Faults.Where(fault => fault.SlowsAll).ToList();
        return $"{history.Told.Count} notifications of {devices.SelectMany(device => device.Events).Count(happened => happened is HistoryEvent.Subscribing { Address: not null })} devices, "
            + $"{history.Told.Count(told => told.IsWithdrawal)} of them withdrawals; {ages.Count} times a message had to be told to a device, p50 {AgeAt(0.5):F1} s after it, p99 {AgeAt(0.99):F1} s, at most {AgeAt(1):F1} s; "
            + $"faults: {string.Join(", ", history.Faults.Except(busy))}; the machine was busy {busy.Count} times, {busy.Sum(fault => TimeSpan.FromTicks(fault.To - fault.From).TotalSeconds):F0} s.";

        double AgeAt(double share) => ages.Count == 0 ? 0 : ages[(int)((ages.Count - 1) * share)].TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching;
        _ending.Dispose();
    }

    private async Task WatchMachineAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            var from = _moments.Next();
            await Task.Delay(Tick, CancellationToken.None);
            var to = _moments.Next();
            if (TimeSpan.FromTicks(to - from) > Tick + Busy)
                _faults.Enqueue(new Fault("the machine is busy", from, to, TimeSpan.Zero, SlowsAll: true));
        }
    }

    private sealed record Tablet(Account Account, Account Phone, DeviceHistory History, int Kind, string Conversation)
    {
        public string Address { get; set; } = "";
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>
/// Any order of messages, acks, reads, connects, looks and sends, on a platform that fails in all ways, with a server that dies between any two steps: every message that a subscribed device did not ack was
/// notified or is a dead letter; none that it has was; and a device gets the notifications of a conversation in order.
/// </summary>
public sealed class NotificationProperties
{
    private const int Rounds = 150;
    private const int Actions = 80;

    [Fact]
    public async Task Every_message_without_an_ack_is_notified_or_given_up_and_none_that_was_acked_is()
    {
        var seeds = Environment.GetEnvironmentVariable("CHAT_PUSH_SEED") is { } one ? [int.Parse(one, System.Globalization.CultureInfo.InvariantCulture)] : Enumerable.Range(1, Rounds);
        foreach (var seed in seeds)
        {
            using var round = new Round(seed);
            await round.RunAsync();
        }
    }

    private sealed class Round : IDisposable
    {
        private static readonly DeviceAddress[] Devices =
            [World.Device("alice", "phone"), World.Device("bob", "phone"), World.Device("bob", "laptop"), World.Device("carol", "phone"), World.Device("dave", "phone")];

        private readonly int _seed;
        private readonly Random _random;
        private readonly List<World> _worlds = [];
        private readonly ConversationId[] _conversations;
        private readonly Dictionary<DeviceAddress, Client> _connected = [];
        private readonly Dictionary<DeviceAddress, DateTimeOffset> _connectedSince = [];
        private readonly Dictionary<(DeviceAddress, ConversationId), SeqNo> _last = [];
        private bool _dies;
        private bool _isDead;
        private bool _isCalm;
        private int _stepsLeft = int.MaxValue;

        public Round(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            var world = new World(new DeliveryOptions { CursorFlushMs = 60_000 });
            _worlds.Add(world);
            _conversations = [World.Direct("alice", "bob"), World.Direct("bob", "carol"), world.Group("alice", "bob", "carol", "dave")];
            // Dave has no subscription.
            foreach (var device in Devices[..4])
                Stores.Subscribe(device);
            Stores.Step = Step;
            Platform.Took = CheckTaken;
        }

        private static CancellationToken Ct => TestContext.Current.CancellationToken;

        private World World => _worlds[^1];

        private PushStores Stores => World.Push.Stores;

        private FakePlatform Platform => World.Push.Platform;

        public async Task RunAsync()
        {
            await StartAsync();
            for (var n = 0; n < Actions; n++)
            {
                await ActAsync();
                if (_isDead)
                    await RestartAsync();
            }
            (_isCalm, _stepsLeft) = (true, int.MaxValue);
            Platform.Answer = _ => null;
            await CalmAsync();
            foreach (var conversation in _conversations)
                foreach (var device in Devices[..4])
                    await CheckToldAsync(device, conversation);
        }

        public void Dispose()
        {
            foreach (var world in _worlds)
                world.Dispose();
        }

        private async Task ActAsync()
        {
            var device = Devices[_random.Next(Devices.Length)];
            var conversation = _conversations[_random.Next(_conversations.Length)];
            switch (_random.Next(22))
            {
                case < 5:
                    Say(device, conversation);
                    break;
                case < 8:
                    await AckAsync(device, conversation);
                    break;
                case 8:
                    Connect(device);
                    break;
                case 9:
                    Disconnect(device);
                    break;
                case 10:
                    Misbehave();
                    break;
                case 11:
                    (_dies, _stepsLeft) = (_random.Next(2) == 0, _random.Next(1, 12));
                    break;
                case 12:
                    Stores.LoseDue();
                    break;
                case 13:
                    World.Clock.Advance(TimeSpan.FromMinutes(_random.Next(1, 90)));
                    break;
                case 14:
                    await TryAsync(() => World.Push.Follower.SaveAsync(Ct));
                    break;
                default:
                    World.Clock.Advance(TimeSpan.FromMilliseconds(_random.Next(50, 2_000)));
                    await WorkAsync();
                    break;
            }
        }

        private void Say(DeviceAddress sender, ConversationId conversation)
        {
            if (!World.Members(conversation).Contains(sender.User))
                return;
            var appended = World.Append(conversation, sender);
            // The server may die after the append.
            if (_random.Next(12) == 0)
            {
                World.Feed.Append(appended.Message, isRaised: false);
                _isDead = true;
                return;
            }
            World.Push.Watches.Note(conversation, appended.Message.SeqNo, sender.User);
            if (_random.Next(6) == 0)
                World.Push.Watches.Note(conversation, appended.Message.SeqNo, sender.User);
            World.Feed.Append(appended.Message, isRaised: true);
        }

        private async Task AckAsync(DeviceAddress device, ConversationId conversation)
        {
            var head = World.Head(conversation).Value;
            if (head == 0 || !World.Members(conversation).Contains(device.User))
                return;
            await World.AckAsync(device, conversation, _random.NextInt64(1, head + 1), _random.Next(3) == 0 ? AckStatus.Read : AckStatus.Delivered);
            // An ack that a crash takes back is none.
            await World.CursorTable.SaveAsync(Ct);
        }

        private void Connect(DeviceAddress device)
        {
            if (_connected.ContainsKey(device))
                return;
            _connected[device] = World.Connect(device, client => client.LoseAll());
            // A new device begins at the head.
            World.SpinUntilAtRest(device);
            _connectedSince[device] = World.Clock.GetUtcNow();
        }

        private void Disconnect(DeviceAddress device)
        {
            if (!_connected.Remove(device, out var client))
                return;
            client.Connection.Dispose();
            Assert.True(SpinWait.SpinUntil(() => World.Connections.Find(device) is null, TimeSpan.FromSeconds(60)));
        }

        private void Misbehave()
        {
            PushOutcome? outcome = _random.Next(5) switch
            {
                0 => new PushOutcome.Retry(PushReason.Timeout, null, 0),
                1 => new PushOutcome.Retry(PushReason.RateLimited, TimeSpan.FromMinutes(_random.Next(1, 20)), 429),
                2 => new PushOutcome.Misconfigured(PushReason.BadCredentials, 403),
                3 => new PushOutcome.Refused(PushReason.TooLarge, 413),
                _ => null,
            };
            Platform.Answer = _ => outcome;
        }

        private async Task WorkAsync()
        {
            await TryAsync(() => World.Push.Lost.RebuildAsync(Ct));
            await TryAsync(() => World.Push.LookAsync(Ct));
            await TryAsync(() => World.Push.Withdrawals.LookAsync(Ct));
            await TryAsync(async () =>
            {
                for (var n = 0; n < 10 && await World.Push.SendDueAsync(Ct); n++)
                {
                }
            });
        }

        private async Task CalmAsync()
        {
            for (var n = 0; n < 200; n++)
            {
                World.Clock.Advance(TimeSpan.FromSeconds(31));
                await WorkAsync();
                await World.Push.Follower.CatchUpAsync(Ct);
                await World.Push.Follower.SaveAsync(Ct);
                if (World.Push.Watches.Count == 0 && (await Stores.SummariseAsync(PushKind.WebPush, Ct)).Devices == 0)
                    return;
            }
            Assert.Fail($"seed {_seed}: something stays due: {World.Push.Watches.Count} watches, {(await Stores.SummariseAsync(PushKind.WebPush, Ct))}, {string.Join(", ", (await Stores.ClaimAsync(PushKind.WebPush, 10, TimeSpan.FromSeconds(1), Ct)).SelectMany(claim => claim.Items))}");
        }

        private async Task TryAsync(Func<Task> work)
        {
            if (_isDead)
                return;
            try
            {
                await work();
            }
            catch (StoreUnavailableException)
            {
                // A store was away, or the server has died.
            }
        }

        // A store is away for one call, or the server dies: then nothing more of it happens.
        private void Step()
        {
            if (_isDead)
                throw new StoreUnavailableException("The server is dead.");
            if (--_stepsLeft != 0)
                return;
            _stepsLeft = int.MaxValue;
            _isDead = _dies;
            throw new StoreUnavailableException("Away.");
        }

        private async Task RestartAsync()
        {
            foreach (var device in _connected.Keys.ToList())
                Disconnect(device);
            World.Feed.EndServer();
            _worlds.Add(new World(new DeliveryOptions { CursorFlushMs = 60_000 }, beside: World));
            (_isDead, _stepsLeft) = (false, int.MaxValue);
            await StartAsync();
        }

        private async Task StartAsync()
        {
            await World.Push.Follower.StartAsync(new CancellationToken(canceled: true));
            await World.Push.Follower.CatchUpAsync(Ct);
        }

        private void CheckTaken(PushSubscription to, PushNotification what)
        {
            var key = (to.Device, what.Conversation);
            if (what.IsWithdrawal)
                return;
            Assert.True(what.SeqNo >= _last.GetValueOrDefault(key), $"seed {_seed}: out of order");
            _last[key] = what.SeqNo;
            var (delivered, read) = PlacesOf(to.Device, what.Conversation);
            Assert.True(delivered < what.SeqNo && read < what.SeqNo, $"seed {_seed}: {to.Device} has {what.SeqNo} of {what.Conversation}");
            // One with a connection since before the oldest message that it has not acked had its time.
            var oldest = World.Log(what.Conversation).First(message => message.SeqNo > SeqNo.Max(delivered, read) && message.Sender.User != to.Device.User);
            if (_connected.ContainsKey(to.Device) && _connectedSince[to.Device] < oldest.Timestamp)
                Assert.True(World.Clock.GetUtcNow() - oldest.Timestamp >= World.Push.Times.SecondLook, $"seed {_seed}: {to.Device} was notified early");
            Assert.NotEqual("dave", to.Device.User.Value);
            // Something becomes due while the platform is asked.
            if (!_isCalm && _random.Next(4) == 0)
            {
                Say(Devices[_random.Next(Devices.Length)], what.Conversation);
                World.Clock.Advance(World.Push.Times.FirstLook);
                TryAsync(() => World.Push.LookAsync(Ct)).GetAwaiter().GetResult();
            }
            // The server may die when the platform has it, and nobody knows.
            if (!_isCalm && _random.Next(15) == 0)
            {
                _isDead = true;
                throw new StoreUnavailableException("The server is dead.");
            }
        }

        private async Task CheckToldAsync(DeviceAddress device, ConversationId conversation)
        {
            if (!World.Members(conversation).Contains(device.User))
                return;
            await World.CursorTable.SaveAsync(Ct);
            var (delivered, read) = PlacesOf(device, conversation);
            var told = Platform.Taken.Where(taken => taken.To.Device == device && taken.What.Conversation == conversation && !taken.What.IsWithdrawal)
                .Select(taken => (taken.What.SeqNo, taken.At)).ToList();
            var dead = Stores.Dead.Where(letter => letter.Device == device && letter.Conversation == conversation)
                .Select(letter => (letter.SeqNo, At: letter.DiedAt)).ToList();
            foreach (var message in World.Log(conversation).Where(message => message.Sender.User != device.User))
            {
                var isTold = told.Concat(dead).Any(one => one.SeqNo >= message.SeqNo && one.At >= message.Timestamp);
                Assert.True(
                    isTold || message.SeqNo <= delivered || message.SeqNo <= read,
                    $"seed {_seed}: {device} was not notified of {conversation} {message.SeqNo}");
            }
        }

        private (SeqNo Delivered, SeqNo Read) PlacesOf(DeviceAddress device, ConversationId conversation)
        {
            var ofDevice = World.CursorTable.ReadNewestAsync(new CursorKey(device.User, device.Device, conversation), Ct).AsTask().GetAwaiter().GetResult();
            var ofUser = World.CursorTable.ReadNewestAsync(new CursorKey(device.User, null, conversation), Ct).AsTask().GetAwaiter().GetResult();
            return (ofDevice.Delivered, ofUser.Read);
        }
    }
}

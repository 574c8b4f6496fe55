using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Connections;

/// <summary>
/// Random histories of appends, tellings out of order, twice or never, acks early, late or lost, stalls, half-open sockets, replaced
/// connections, floods, resends, repairs, members who go and come, stores that are away, edits of messages, and any of these in the middle of a read. One device
/// knows no edits. A seed names a history; with <c>settles</c> it runs the same each time, without it the steps race with the pumps.
/// </summary>
public sealed partial class DeliveryModelTests
{
    private const int Histories = 150;
    private const int Steps = 150;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_history_keeps_the_promises(bool settles)
    {
        for (var seed = 1; seed <= Histories; seed++)
        {
            try
            {
                using var history = new History(seed, settles);
                await history.RunAsync(Steps);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}, settles {settles}: {e.Message}", e);
            }
        }
    }

    private sealed partial class History : IDisposable
    {
        private const string OldDevice = "laptop";

        private readonly DeliveryOptions _options = new()
        {
            UnackedWindow = 4, MaxPendingEvents = 12, MaxPendingAnswers = 3, RepairPage = 5,
        };

        private readonly Random _random;
        private readonly bool _settles;
        private readonly World _world;
        private readonly ConversationId[] _conversations;
        private readonly ConversationId _changing;
        private readonly ModelledDevice[] _devices;
        private readonly List<MessageAppended> _untold = [];
        private readonly HashSet<ConversationId> _lost = [];
        private readonly List<Task> _repairs = [];
        private readonly Lock _membership = new();
        private bool _carolIsAway;

        public History(int seed, bool settles)
        {
            _random = new Random(seed);
            _settles = settles;
            _world = new World(_options);
            _changing = _world.Group("alice", "bob", "carol");
            _conversations = [World.Direct("alice", "bob"), _world.Group("alice", "bob"), _changing];
            _devices = [.. new[] { World.Device("alice"), World.Device("alice", OldDevice), World.Device("bob"), World.Device("carol") }
                .Select(address => new ModelledDevice(_world, address, knowsEdits: address.Device.Value != OldDevice))];
        }

        public async Task RunAsync(int steps)
        {
            foreach (var device in _devices)
                device.Connect();
            // All are known from here on: each is owed everything.
            await _world.SettleAsync();
            for (var step = 0; step < steps; step++)
            {
                await StepAsync();
                if (_settles)
                    await SettleAsync();
            }
            await EndAsync();
        }

        public void Dispose() => _world.Dispose();

        private async Task StepAsync()
        {
            var device = Any(_devices);
            var client = device.Client!;
            switch (_random.Next(100))
            {
                case < 28:
                    Append();
                    break;
                case < 52:
                    TellOne();
                    break;
                case < 66:
                    await AckAsync(device);
                    break;
                case < 70 when device.DelayedAcks.Count > 0:
                    var (conversation, seqNo) = device.DelayedAcks[0];
                    device.DelayedAcks.RemoveAt(0);
                    await AckAsync(device.Address, conversation, seqNo, AnyStatus());
                    break;
                case < 74:
                    client.Stall();
                    break;
                case < 80:
                    client.Release();
                    break;
                case < 85:
                    if (_random.Next(2) == 0)
                        InTheMiddle();
                    device.Connect();
                    client.Release();
                    break;
                case < 86:
                    client.Break();
                    break;
                case < 87:
                    client.Connection.Dispose();
                    client.Release();
                    break;
                case < 88:
                    device.LoseAll();
                    break;
                case < 90:
                    Flood(client);
                    break;
                case < 92:
                    _world.Sweep(TimeSpan.FromSeconds(_random.Next(1, 70)));
                    break;
                case < 94:
                    _repairs.Add(RepairAsync(device));
                    break;
                case < 95:
                    CarolGoesOrComes(isTold: _random.Next(2) == 0);
                    break;
                case < 96:
                    FailSome();
                    break;
                default:
                    InTheMiddle();
                    break;
            }
        }

        private void Append()
        {
            var device = Any(_devices);
            var conversation = Any(_conversations);
            if (!_world.Members(conversation).Contains(device.Address.User))
                return;
            var hole = _random.Next(10) == 0 ? 2 : 0;
            var messages = _world.Log(conversation).Where(entry => entry.IsShown).ToArray();
            _untold.Add(messages.Length > 0 && _random.Next(3) == 0
                ? _world.Edit(Any(messages), device.Address, $"edit {_untold.Count}", hole)
                : _world.Append(conversation, device.Address, hole: hole));
            if (_random.Next(3) > 0)
                TellOne();
        }

        // Mostly the newest; at times again later, at times never.
        private void TellOne()
        {
            if (_untold.Count == 0)
                return;
            var place = _random.Next(2) == 0 ? _untold.Count - 1 : _random.Next(_untold.Count);
            var appended = _untold[place];
            if (_random.Next(100) >= 15)
                _untold.RemoveAt(place);
            if (_random.Next(100) >= 10)
                _world.Offer(appended);
            else
                _lost.Add(appended.Message.Conversation);
        }

        private async Task AckAsync(ModelledDevice device)
        {
            var conversation = Any(_conversations);
            if (device.Received(conversation) is not [.., var newest] received)
                return;
            var seqNo = _random.Next(3) > 0 ? newest : Any(received);
            switch (_random.Next(10))
            {
                case 0:
                    break;
                case < 3:
                    device.DelayedAcks.Add((conversation, seqNo));
                    break;
                default:
                    await AckAsync(device.Address, conversation, seqNo, AnyStatus());
                    break;
            }
        }

        // Refused once carol has left; lost when a store is away.
        private async Task AckAsync(DeviceAddress device, ConversationId conversation, SeqNo seqNo, AckStatus status)
        {
            try
            {
                var result = await _world.AckAsync(device, conversation, seqNo.Value, status);
                Assert.True(result.Error?.Code is null or ErrorCodes.NotAMember, result.Error?.Text);
            }
            catch (StoreUnavailableException)
            {
            }
        }

        private async Task RepairAsync(ModelledDevice device)
        {
            var conversation = Any(_conversations);
            var seen = device.Received(conversation) is { Length: > 0 } received ? Any(received) : SeqNo.None;
            try
            {
                await device.Client!.Connection.RepairAsync(conversation, seen, TestContext.Current.CancellationToken);
            }
            catch (StoreUnavailableException)
            {
            }
        }

        // Not told where another node has removed her.
        private void CarolGoesOrComes(bool isTold)
        {
            lock (_membership)
            {
                var carol = _devices[^1];
                if (_carolIsAway)
                {
                    carol.Join(_world.Join(_changing, "carol"));
                }
                else
                {
                    carol.Leave(_changing, _world.Leave(_changing, "carol"));
                    if (isTold)
                        _world.Receivers.Leave(_changing, carol.Address.User);
                }
                _carolIsAway = !_carolIsAway;
            }
        }

        private void FailSome()
        {
            switch (_random.Next(4))
            {
                case 0: _world.FailNext<ReadLog>(); break;
                case 1: _world.FailNext<GetHeads>(); break;
                case 2: _world.FailNext<GetMembershipAsReader>(); break;
                default: _world.FailNext<GetGroupsOf>(); break;
            }
        }

        private void InTheMiddle()
        {
            // Chosen here: what happens runs on a pump's thread, beside the test's.
            var (device, conversation) = (Any(_devices), Any(_conversations));
            var untold = _untold.Count > 0 ? _untold[_random.Next(_untold.Count)] : null;
            var isTold = _random.Next(2) == 0;
            Action happens = _random.Next(8) switch
            {
                0 => () => FloodAll(),
                1 => () => Say(conversation, device),
                5 => () => { Say(conversation, device); FloodAll(); },
                6 when untold is not null => () => _world.Offer(untold),
                2 => () => AckNewest(conversation, device),
                3 => () => CarolGoesOrComes(isTold),
                4 => () => device.Client!.Stall(),
                _ => () => device.Client!.Connection.Dispose(),
            };
            if (_random.Next(3) > 0)
                _world.MeanwhileOf<ReadLog>(happens);
            else
                _world.MeanwhileOf<GetHeads>(happens);
        }

        private void FloodAll()
        {
            foreach (var device in _devices)
                Flood(device.Client!);
        }

        private void Say(ConversationId conversation, ModelledDevice device)
        {
            if (_world.Members(conversation).Contains(device.Address.User))
                _world.Say(conversation, device.Address);
        }

        private void AckNewest(ConversationId conversation, ModelledDevice device)
        {
            if (device.Received(conversation) is [.., var newest])
                _ = AckAsync(device.Address, conversation, newest, AckStatus.Delivered);
        }

        private static void Flood(Client client)
        {
            for (var i = 0; i < 20; i++)
                client.Connection?.Tell(new News(i));
        }

        private async Task SettleAsync()
        {
            await _world.SettleAsync();
            foreach (var device in _devices)
            {
                device.AssertSound();
                var unacked = await device.UnackedAsync();
                Assert.True(unacked <= _options.UnackedWindow, $"{device.Address} has {unacked} unacked.");
            }
        }

        private IEnumerable<(ModelledDevice Device, ConversationId Conversation)> Owed() =>
            from device in _devices
            from conversation in _conversations
            where _world.Members(conversation).Contains(device.Address.User)
            select (device, conversation);

        private AckStatus AnyStatus() => _random.Next(4) == 0 ? AckStatus.Read : AckStatus.Delivered;

        private T Any<T>(T[] of) => of[_random.Next(of.Length)];
    }
}

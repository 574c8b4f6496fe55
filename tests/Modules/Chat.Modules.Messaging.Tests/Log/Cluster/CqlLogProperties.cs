using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Homes;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Sending;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>
/// P1 to P3 of several hosts on one database, in virtual time: hosts are killed, stopped and started again, lose what they had in memory,
/// and the database answers late, twice or not at all, while clients send, repeat through other hosts, and read.
/// </summary>
public sealed class CqlLogProperties
{
    // Conversations that begin close below the end of a bucket.
    private static readonly SeqNo Seeded = new(Buckets.Size - 6);

    [Fact]
    public void Whatever_happens_to_hosts_and_answers_the_log_keeps_its_promises()
    {
        var runs = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_RUNS") ?? "300", null);
        var first = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_SEED") ?? "1", null);
        for (var seed = first; seed < first + runs; seed++)
        {
            try
            {
                using var world = new World(seed);
                world.Run();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"With CHAT_TEST_SEED={seed}: {e.Message}", e);
            }
        }
    }

    /// <summary>Hosts, clients and readers of one run.</summary>
    private sealed class World : IDisposable
    {
        private const int Hosts = 3;
        private const int Clients = 5;
        private const int AttemptsEach = 12;

        private static readonly ConversationId[] Conversations = [AliceAndBob, Team, ConversationId.Parse("g:00000000000000000000000000000002")];

        private readonly VirtualTime _time;
        private readonly VirtualTables _tables;
        private readonly VirtualNodes _nodes;
        private readonly TestMeters _meters = new();
        private readonly VirtualProcess _outside;
        private readonly Host[] _hosts = new Host[Hosts];
        private readonly List<FakeMediator> _mediators = [];

        // Whether sends are handed to the home of their conversation.
        private readonly bool _withHomes;
        private readonly Dictionary<(UserId, string), LoggedMessage> _acked = [];
        private readonly Dictionary<(ConversationId, SeqNo), MessageId> _seen = [];
        private readonly Dictionary<ConversationId, SeqNo> _newestAcked = [];
        private bool _over;

        public World(int seed)
        {
            _time = new VirtualTime(seed);
            _tables = new VirtualTables(_time);
            _nodes = new VirtualNodes(_time);
            _withHomes = _time.Chance(0.5);
            _outside = new VirtualProcess(_time);
            foreach (var conversation in Conversations)
            {
                _tables.Seed(new LoggedMessage(
                    MessageId.New(Now), conversation, Seeded, Alice.Phone(), $"seed {conversation}", MessageContent.Of("the first"), _time.GetUtcNow()));
            }
            for (var i = 0; i < Hosts; i++)
                _hosts[i] = StartHost();
        }

        public void Run() => _time.RunUntilDone(_outside.Start(RunAsync));

        // The meters would keep all that they measure in memory.
        public void Dispose() => _meters.Dispose();

        private async Task<bool> RunAsync()
        {
            _tables.Faults = _time.Random.Next(4) * 0.04;
            _nodes.Faults = _time.Random.Next(3) * 0.02;
            var troubles = Enumerable.Range(0, Hosts).Select(TroubleAsync).ToList();
            var readers = Conversations.Select(ReadAsync).ToList();
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(SendAllAsync));
            _tables.Faults = _nodes.Faults = 0;
            _over = true;
            await Task.WhenAll([.. troubles, .. readers]);
            await CheckAsync();
            // Also what its client has given up has an answer in the end.
            await _time.After(TimeSpan.FromSeconds(20));
            Assert.All(_hosts, host => Assert.Equal(0, host.Log.Waiting));
            return true;
        }

        private Host StartHost()
        {
            var process = new VirtualProcess(_time);
            var node = _nodes.Add(process);
            var shared = new SharedConversations(_time);
            var log = ClusterLogs.Of(_tables, _time, new Random(_time.Random.Next()), shared: shared);
            var metrics = new MessagingMetrics(_meters, _time);
            var mediator = new FakeMediator().Answer<GetMembership, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
            var rates = new UuidTimeRates(Options.Create(new RateLimitOptions { Enabled = false }), _meters, _time);
            var directs = new DirectConversationLimits(log, new UserRates(Options.Create(new RateLimitOptions { Enabled = false }), _meters, _time), Options.Create(new MessagingOptions()));
            var answers = new AppendedPublisher(mediator);
            var options = new MessagingOptions { HomeTimeoutMs = 100 };
            var homes = new ConversationHomes(node, node, shared, metrics, Options.Create(options), _time, NullLogger<ConversationHomes>.Instance);
            var appends = Appends.To(log, answers, _meters, _time, homes: _withHomes ? homes : null);
            var service = new HomeService(homes, appends, node, node, Options.Create(options), _time, NullLogger<HomeService>.Instance);
            (node.Observer, node.Handler) = (homes, service);
            _nodes.Join(node);
            _ = process.Start(async () =>
            {
                await Task.WhenAll(homes.WatchAsync(CancellationToken.None), service.WorkAsync(CancellationToken.None));
                return true;
            });
            _mediators.Add(mediator);
            return new Host(process, log, new SendMessageHandler(log, mediator, [rates], directs, answers, appends, new MentionRules(mediator, Options.Create(options)), new FakeAttachments(), metrics, _time), node);
        }

        private Host AnyHost() => _hosts[_time.Random.Next(Hosts)];

        private async Task TroubleAsync(int number)
        {
            while (!_over)
            {
                await _time.After(_time.Between(20, 1_500));
                if (_time.Chance(0.5))
                {
                    _hosts[number].Process.Kill();
                    _nodes.StandsStill(_hosts[number].Node, () => false);
                    await _time.After(_time.Between(0, 200));
                    _hosts[number] = StartHost();
                }
                else
                {
                    var goesOn = false;
                    _hosts[number].Process.Pause();
                    _nodes.StandsStill(_hosts[number].Node, () => goesOn);
                    await _time.After(_time.Between(1, 400));
                    goesOn = true;
                    _hosts[number].Process.Resume();
                    if (!_hosts[number].Node.HoldsLease)
                        _nodes.Join(_hosts[number].Node);
                }
            }
        }

        private async Task SendAllAsync(int client)
        {
            var sender = UserId.Parse($"user{client}");
            for (var n = 0; n < AttemptsEach;)
            {
                // Often several without waiting, which share a batch.
                var to = Conversations[_time.Random.Next(Conversations.Length)];
                var together = Math.Min(AttemptsEach - n, _time.Chance(0.5) ? _time.Random.Next(2, 6) : 1);
                var commands = Enumerable.Range(n, together)
                    .Select(number => new SendMessage(to, sender.Phone(), $"{number}", MessageContent.Of($"{sender} {number}"))).ToList();
                await (_time.Chance(0.5) ? SendInOrderAsync(commands) : Task.WhenAll(commands.Select(SendAsync)));
                n += together;
                if (_time.Chance(0.3))
                    await _time.After(_time.Between(0, 50));
            }
        }

        // Sometimes the same attempt goes through two transports at once.
        private Task SendAsync(SendMessage command) =>
            Task.WhenAll(Enumerable.Range(0, _time.Chance(0.2) ? 2 : 1).Select(_ => SendUntilAckedAsync(command)));

        // On one connection: those acked there stand in the order sent. Sometimes another connection has tried one of them before, and is gone.
        private async Task SendInOrderAsync(List<SendMessage> commands)
        {
            if (_time.Chance(0.3))
            {
                var before = AnyHost();
                _ = before.Process.Start(() => before.Handler.Handle(commands[_time.Random.Next(commands.Count)], CancellationToken.None));
                await _time.After(_time.Between(0, 20));
            }
            var host = AnyHost();
            var sends = new List<Task<Result<SentMessage>>>();
            await Task.WhenAny(
                host.Process.Start(async () =>
                {
                    foreach (var command in commands)
                    {
                        sends.Add(host.Handler.Handle(command, CancellationToken.None));
                        await _time.After(_time.Between(0, 6));
                    }
                    return true;
                }),
                _time.After(_time.Between(30, 1_500)));
            await Task.WhenAny(Task.WhenAll(sends), _time.After(_time.Between(30, 1_500)));
            var acked = new List<SeqNo>();
            foreach (var send in sends.Where(send => send.IsCompletedSuccessfully))
            {
                if ((await send).Value is { Duplicate: false } sent)
                    acked.Add(sent.SeqNo);
            }
            Assert.Equal(acked.Order(), acked);
            await Task.WhenAll(commands.Select(SendAsync));
        }

        private async Task SendUntilAckedAsync(SendMessage command)
        {
            while (true)
            {
                var host = AnyHost();
                var send = host.Process.Start(() => host.Handler.Handle(command, CancellationToken.None));
                if (await Task.WhenAny(send, _time.After(_time.Between(30, 1_500))) != send)
                    continue;
                try
                {
                    var sent = (await send).Value;
                    // It was raised before it is answered, and by each host once at most.
                    var told = _mediators.Select(mediator => mediator.Published.Cast<MessageAppended>().Where(one => one.Message.Id == sent.Id).ToList()).ToList();
                    Assert.All(told, ofHost => Assert.True(ofHost.Count <= 1));
                    Acked(told.SelectMany(ofHost => ofHost).First().Message, command);
                    return;
                }
                catch (StoreUnavailableException)
                {
                    await _time.After(_time.Between(0, 50));
                }
            }
        }

        private void Acked(LoggedMessage message, SendMessage command)
        {
            Assert.Equal((command.Sender, command.ClientMsgId, command.Content), (message.Sender, message.ClientMsgId, message.Content));
            Assert.Equal(message, _acked.GetValueOrDefault((command.Sender.User, command.ClientMsgId), message));
            _acked[(command.Sender.User, command.ClientMsgId)] = message;
            _newestAcked[message.Conversation] = SeqNo.Max(message.SeqNo, _newestAcked.GetValueOrDefault(message.Conversation));
            Seen(message);
        }

        private void Seen(LoggedMessage message) =>
            Assert.Equal(message.Id, _seen[(message.Conversation, message.SeqNo)] = _seen.GetValueOrDefault((message.Conversation, message.SeqNo), message.Id));

        // A device: it takes what is above its cursor, and never looks below it again.
        private async Task ReadAsync(ConversationId conversation)
        {
            var cursor = Seeded;
            while (!_over)
            {
                var host = AnyHost();
                var acked = _newestAcked.GetValueOrDefault(conversation);
                var allAcked = Conversations.Select(one => _newestAcked.GetValueOrDefault(one)).ToList();
                var from = cursor;
                var limit = _time.Random.Next(1, 6);
                var read = host.Process.Start(async () => (
                    await host.Log.ReadAfterAsync(conversation, from, limit, CancellationToken.None),
                    await host.Log.GetHeadAsync(conversation, CancellationToken.None),
                    await host.Log.GetHeadsAsync(Conversations, CancellationToken.None)));
                if (await Task.WhenAny(read, _time.After(TimeSpan.FromSeconds(2))) != read)
                    continue;
                try
                {
                    var (page, head, heads) = await read;
                    Assert.All(heads.Zip(allAcked), one => Assert.True(one.First!.Value.SeqNo >= one.Second, $"{one.Second} was acked and the head is {one.First}."));
                    Assert.True(head >= acked, $"{acked} was acked and the head is {head}.");
                    foreach (var message in page)
                    {
                        Assert.Equal(cursor.Next, message.SeqNo);
                        Seen(message);
                        cursor = message.SeqNo;
                    }
                    Assert.True(page.Count == limit || cursor >= acked, $"{acked} was acked and the page ends at {cursor}.");
                }
                catch (StoreUnavailableException)
                {
                    // The next one may answer.
                }
                await _time.After(_time.Between(0, 30));
            }
        }

        private async Task CheckAsync()
        {
            var host = StartHost();
            var stored = new List<LoggedMessage>();
            foreach (var conversation in Conversations)
            {
                var all = await host.Process.Start(async () => await host.Log.ReadAfterAsync(conversation, Seeded, int.MaxValue, CancellationToken.None));
                Assert.Equal(Enumerable.Range(1, all.Count).Select(n => Seeded.Value + n), all.Select(message => message.SeqNo.Value));
                var down = await host.Process.Start(async () => await host.Log.ReadBeforeAsync(conversation, new SeqNo(SeqNo.MaxValue), all.Count, CancellationToken.None));
                Assert.Equal(all, down);
                stored.AddRange(all);
            }
            Assert.Equal(Clients * AttemptsEach, stored.Count);
            Assert.Equal(_acked.Values.ToHashSet(), stored.ToHashSet());
            stored.ForEach(Seen);
            foreach (var message in _acked.Values)
            {
                Assert.Equal(message, await host.Process.Start(async () => await host.Log.FindAttemptAsync(message.Sender.User, message.ClientMsgId, CancellationToken.None)));
                Assert.Equal(message.SeqNo, (await host.Process.Start(async () => await host.Log.FindAsync(message.Id, CancellationToken.None)))?.SeqNo);
            }
        }

        private sealed record Host(VirtualProcess Process, CqlMessageLog Log, SendMessageHandler Handler, VirtualNode Node);
    }
}

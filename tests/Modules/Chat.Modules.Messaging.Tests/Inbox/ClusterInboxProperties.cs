using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>
/// Hosts whose clocks differ are killed and held up, answers are late or lost, and users' parts of the inbox are lost at any moment: a device that asks for
/// what has changed, and a list that is read page by page, miss nothing that was acked before; and what a killed host had acked and not told to the devices
/// is in its stream of the feed. A run is decided by its seed; CHAT_TEST_RUNS makes more of them.
/// </summary>
public sealed partial class ClusterInboxProperties
{
    // So short that all that may happen does within seconds.
    internal static readonly ClusterTimes Times = new()
    {
        FeedSpan = TimeSpan.FromMilliseconds(50), InboxSpan = TimeSpan.FromMilliseconds(400), InboxDay = TimeSpan.FromMilliseconds(1_200),
        SpansReadBack = TimeSpan.FromMilliseconds(2_000), SpansKept = TimeSpan.FromMilliseconds(3_200), ClockSpread = TimeSpan.FromMilliseconds(60),
        TouchValidity = TimeSpan.FromMilliseconds(100), Lease = TimeSpan.FromMilliseconds(300), RefreshAfter = TimeSpan.FromSeconds(4),
    };

    [Fact]
    public void Nothing_that_was_acked_is_missed_whatever_happens_to_hosts_answers_and_rows()
    {
        var runs = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_RUNS") ?? "100", null);
        var first = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_SEED") ?? "1", null);
        var (byRows, byLog) = (0, 0);
        for (var seed = first; seed < first + runs; seed++)
        {
            try
            {
                var world = new World(seed);
                world.Run();
                (byRows, byLog) = (byRows + world.ReadByRows, byLog + world.ReadByLog);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"With CHAT_TEST_SEED={seed}: {e.Message}", e);
            }
        }
        // Else the runs would prove nothing of either.
        Assert.True(byRows > runs && byLog > runs, $"{byRows} reads by rows, {byLog} by the log");
    }

    private sealed partial class World
    {
        private const int Hosts = 3;
        private static readonly TimeSpan Length = TimeSpan.FromSeconds(8);
        private static readonly UserId[] Users = [Alice, Bob, Carol, UserId.Parse("dave")];
        private static readonly ConversationId[] Conversations =
            [.. Users.SelectMany((one, n) => Users.Skip(n + 1).Select(other => ConversationId.Direct(one, other)))];

        private readonly VirtualTime _time;
        private readonly VirtualTables _tables;
        private readonly VirtualProcess _outside;
        private readonly Host[] _hosts = new Host[Hosts];
        private static readonly TestMeters Meters = new();
        private readonly Dictionary<ConversationId, SeqNo> _acked = [];
        private bool _over;

        public World(int seed)
        {
            _time = new VirtualTime(seed);
            _tables = new VirtualTables(_time);
            _outside = new VirtualProcess(_time);
            for (var n = 0; n < Hosts; n++)
                _hosts[n] = StartHost();
        }

        public int ReadByRows { get; private set; }

        public int ReadByLog { get; private set; }

        public void Run() => _time.RunUntilDone(_outside.Start(RunAsync));

        private async Task<bool> RunAsync()
        {
            _tables.Faults = _time.Random.Next(4) * 0.03;
            _tables.BeforeRows = () => !_over && _time.Chance(0.02) ? _time.After(_time.Between(50, 1_000)) : Task.CompletedTask;
            var all = Enumerable.Range(0, Hosts).Select(TroubleAsync)
                .Concat(Conversations.Select(SendAsync)).Concat(Users.Select(DeviceAsync)).Concat(Users.Select(ListAsync)).Append(LoseAsync()).ToList();
            await _time.After(Length);
            _over = true;
            _tables.Faults = 0;
            await Task.WhenAll(all);
            foreach (var host in _hosts)
                host.Process.Kill();
            var last = StartHost();
            await CheckAtRestAsync(last);
            await CheckFeedAsync(last);
            return true;
        }

        // Clocks that differ by as much as is allowed.
        private Host StartHost()
        {
            var clock = new SkewedTime(_time, _time.Between(0, Times.ClockSpread.TotalMilliseconds));
            var random = new Random(_time.Random.Next());
            var touches = new TouchWriter(new Streams(_tables, _runs, ++_lastRun), _tables, Times, clock, random);
            var log = new CqlMessageLog(_tables, touches, Times, new SharedConversations(clock), clock, new ActivityClock(NullLogger<ActivityClock>.Instance), random);
            log.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
            var host = new Host(
                _lastRun, new VirtualProcess(_time), clock, log, new CqlInbox(log, _tables, Times, Meters, clock, NullLogger<CqlInbox>.Instance), touches, _tables);
            _ = host.Process.Start(() => RenewAsync(host));
            _ = host.Process.Start(() => FollowAsync(host));
            return host;
        }

        private Host AnyHost() => _hosts[_time.Random.Next(Hosts)];

        private async Task TroubleAsync(int number)
        {
            while (!_over)
            {
                await _time.After(_time.Between(50, 1_500));
                if (_time.Chance(0.6))
                {
                    _hosts[number].Process.Pause();
                    await _time.After(_time.Between(1, 700));
                    _hosts[number].Process.Resume();
                    if (_time.Chance(0.6))
                        continue;
                    // As it goes on it may still write, and answer nobody.
                    await _time.After(_time.Between(0, 6));
                }
                _hosts[number].Process.Kill();
                await _time.After(_time.Between(0, 200));
                _hosts[number] = StartHost();
            }
        }

        private async Task LoseAsync()
        {
            while (!_over)
            {
                await _time.After(_time.Between(100, 2_000));
                var user = Users[_time.Random.Next(Users.Length)];
                if (_time.Chance(0.7))
                    _tables.Lose(user);
                else if (_time.Chance(0.7))
                    _tables.Expire(user);
                else
                    _tables.Name = $"{_time.Random.Next()}";
            }
        }

        private async Task SendAsync(ConversationId conversation)
        {
            for (var n = 0; !_over; n++)
            {
                // Now and then one is quiet for longer than its rows of one kind reach back.
                await _time.After(_time.Between(0, _time.Chance(0.15) ? 3_000 : 200));
                var (one, other) = conversation.Users;
                var sender = _time.Chance(0.5) ? one : other;
                for (var to = conversation; ; to = _time.Chance(0.3) ? AnyOf(sender) : conversation)
                {
                    var host = AnyHost();
                    var draft = Draft(to, sender, $"{conversation} {n}") with { Now = host.Clock.GetUtcNow() };
                    var append = host.Process.Start(() => AppendAsync(host, draft));
                    if (await Task.WhenAny(append, _time.After(_time.Between(30, 1_500))) != append)
                        continue;
                    try
                    {
                        // The attempt's first message, to whichever conversation that was.
                        var message = (await append).Message;
                        _acks.Add((host.Run, message));
                        _acked[message.Conversation] = SeqNo.Max(message.SeqNo, _acked.GetValueOrDefault(message.Conversation));
                        break;
                    }
                    catch (StoreUnavailableException)
                    {
                        await _time.After(_time.Between(0, 50));
                    }
                }
            }
        }

        private ConversationId AnyOf(UserId user)
        {
            var all = Conversations.Where(conversation => conversation.IsDirectOf(user)).ToList();
            return all[_time.Random.Next(all.Count)];
        }

        // As DeviceStarts: it asks for what came since it had everything, and notes how far that is.
        private async Task DeviceAsync(UserId user)
        {
            var cursors = new Dictionary<ConversationId, SeqNo>();
            FeedPosition? drained = null;
            while (!_over)
            {
                await _time.After(_time.Between(0, _time.Chance(0.1) ? 3_000 : 150));
                var acked = AckedOf(user);
                if (await AskAsync(inbox => inbox.ReadSinceAsync(drained, CancellationToken.None).AsTask(), user) is not { } changed)
                    continue;
                Count(changed.UpTo is not null);
                var heads = changed.Heads.ToDictionary(head => head.Conversation);
                foreach (var (conversation, seqNo) in acked)
                {
                    var known = heads.TryGetValue(conversation, out var head) ? head.SeqNo : cursors.GetValueOrDefault(conversation);
                    Assert.True(known >= seqNo, $"{user} knows {conversation} up to {known}, and {seqNo} was acked; since {drained}, answered {changed.UpTo}");
                }
                var waiting = heads.Values.Where(_ => _time.Chance(0.2)).ToList();
                foreach (var head in heads.Values.Except(waiting))
                    cursors[head.Conversation] = SeqNo.Max(head.SeqNo, cursors.GetValueOrDefault(head.Conversation));
                waiting.RemoveAll(head => cursors.GetValueOrDefault(head.Conversation) >= head.SeqNo);
                if (changed.UpTo is { } upTo && _time.Chance(0.7))
                    drained = waiting.Count == 0 ? upTo : upTo with { Value = Math.Min(upTo.Value, waiting.Min(head => head.Position) - 1) };
            }
        }

        // As GetConversationsHandler: down to the end, and then up to where the reading began.
        private async Task ListAsync(UserId user)
        {
            while (!_over)
            {
                await _time.After(_time.Between(0, 300));
                var (acked, limit) = (AckedOf(user), _time.Random.Next(1, 4));
                if (await AskAsync(inbox => ReadListAsync(inbox, limit), user) is not { } listed)
                    continue;
                foreach (var (conversation, seqNo) in acked)
                    Assert.True(listed.GetValueOrDefault(conversation) >= seqNo, $"{user} is shown {conversation} up to {listed.GetValueOrDefault(conversation)}, and {seqNo} was acked");
            }
        }

        private async Task<Dictionary<ConversationId, SeqNo>> ReadListAsync(IUserInbox inbox, int limit)
        {
            var listed = new Dictionary<ConversationId, SeqNo>();
            // No append takes longer: what moves while the list is read stands above it.
            var begun = Activity.At(_time.GetUtcNow() - TimeSpan.FromSeconds(5));
            ListPosition? last = null;
            while (await inbox.DownAsync(last, limit, CancellationToken.None) is { Count: > 0 } page)
            {
                AssertAscends(page.Select(entry => entry.Position), last);
                last = page[^1].Position;
                Note(page);
                await _time.After(_time.Between(0, 60));
            }
            while (last is not null && await inbox.UpAsync(last, begun, limit, CancellationToken.None) is { Count: > 0 } page)
            {
                last = page[^1].Position;
                Note(page);
            }
            return listed;

            void Note(IEnumerable<InboxEntry> page)
            {
                foreach (var entry in page)
                    listed[entry.Position.Conversation] = SeqNo.Max(entry.Head, listed.GetValueOrDefault(entry.Position.Conversation));
            }
        }

        // When nothing moves any more, the order is the log's.
        private async Task CheckAtRestAsync(Host host)
        {
            foreach (var user in Users)
            {
                var expected = (await host.Process.Start(() => host.Log.ReadEntriesAsync(user, CancellationToken.None))).OrderBy(entry => entry.Position).ToList();
                // It is made in two looks, some time apart.
                for (var look = 0; look < 3; look++)
                {
                    var inbox = await host.Inbox.OpenAsync(user, CancellationToken.None);
                    var down = new List<InboxEntry>();
                    while (await host.Process.Start(async () => await inbox.DownAsync(down is [.., var last] ? last.Position : null, 2, CancellationToken.None)) is { Count: > 0 } page)
                        down.AddRange(page);
                    Assert.Equal(expected, down);
                    var up = await host.Process.Start(async () => await inbox.UpAsync(expected[^1].Position, Activity.Lowest, int.MaxValue, CancellationToken.None));
                    Assert.Equal(expected.SkipLast(1).Reverse(), up);
                    await _time.After(Times.LostRowsTimeout * 2);
                }
                // The first may find it too old.
                var made = await AskSinceAsync() is { UpTo: not null } || await AskSinceAsync() is { UpTo: not null };
                Assert.True(made);

                Task<DirectHeads> AskSinceAsync() => host.Process.Start(async () =>
                    await (await host.Inbox.OpenAsync(user, CancellationToken.None)).ReadSinceAsync(null, CancellationToken.None));
            }
        }

        private async Task<T?> AskAsync<T>(Func<IUserInbox, Task<T>> ask, UserId user)
            where T : class
        {
            var host = AnyHost();
            var asked = host.Process.Start(async () => await ask(await host.Inbox.OpenAsync(user, CancellationToken.None)));
            if (await Task.WhenAny(asked, _time.After(TimeSpan.FromSeconds(2))) != asked)
                return null;
            try
            {
                return await asked;
            }
            catch (StoreUnavailableException)
            {
                return null;
            }
        }

        private List<KeyValuePair<ConversationId, SeqNo>> AckedOf(UserId user) => [.. _acked.Where(acked => acked.Key.IsDirectOf(user))];

        private void Count(bool byRows)
        {
            if (byRows)
                ReadByRows++;
            else
                ReadByLog++;
        }

        private static void AssertAscends(IEnumerable<ListPosition> positions, ListPosition? after)
        {
            foreach (var position in positions)
            {
                Assert.True(after is null || position.CompareTo(after) > 0, $"{position} does not follow {after}");
                after = position;
            }
        }
    }
}

using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>
/// Changes of messages by several hosts on one database, in virtual time: hosts are killed, stopped and started again between any two steps, and the database answers late, twice or not at all.
/// An entry that changes nothing is never in the log, each state that is read is what the entries up to it give, and what was acked is there.
/// </summary>
public sealed class CqlChangeProperties
{
    // Close below the end of a bucket, and of a block.
    private static readonly SeqNo Seeded = new(Buckets.Size - 6);

    private static readonly ChangeLimits Limits = new(Edits: 4, Reactions: 3, Pins: 2, OwnReactions: 100);
    private static readonly string[] Emoji = ["👍", "❤️", "😂", "🎉"];

    [Fact]
    public void Whatever_happens_to_hosts_and_answers_states_are_what_the_entries_give()
    {
        var runs = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_RUNS") ?? "60", null);
        var first = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_SEED") ?? "1", null);
        for (var seed = first; seed < first + runs; seed++)
        {
            try
            {
                new World(seed).Run();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"With CHAT_TEST_SEED={seed}: {e.Message}", e);
            }
        }
    }

    private sealed class World
    {
        private const int Hosts = 3;
        private const int Clients = 4;
        private const int StepsEach = 12;

        private static readonly ConversationId[] Conversations = [AliceAndBob, Team];

        private readonly VirtualTime _time;
        private readonly VirtualTables _tables;
        private readonly VirtualProcess _outside;
        private readonly Host[] _hosts = new Host[Hosts];
        private readonly List<LoggedMessage> _messages = [];
        private readonly List<LoggedMessage> _acked = [];
        private readonly List<(MessageDraft Change, LoggedMessage Entry)> _alreadySo = [];
        private readonly List<LoggedMessage> _read = [];
        private bool _over;

        public World(int seed)
        {
            _time = new VirtualTime(seed);
            _tables = new VirtualTables(_time);
            _outside = new VirtualProcess(_time);
            foreach (var conversation in Conversations)
            {
                var message = new LoggedMessage(
                    MessageId.New(Now), conversation, Seeded, Alice.Phone(), $"seed {conversation}", MessageContent.Of("the first"), _time.GetUtcNow());
                _tables.Seed(message);
                _messages.Add(message);
            }
            for (var i = 0; i < Hosts; i++)
                _hosts[i] = StartHost();
        }

        public void Run() => _time.RunUntilDone(_outside.Start(RunAsync));

        private async Task<bool> RunAsync()
        {
            _tables.Faults = _time.Random.Next(4) * 0.04;
            var troubles = Enumerable.Range(0, Hosts).Select(TroubleAsync).ToList();
            var readers = Conversations.Select(ReadAllTheTimeAsync).ToList();
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(WorkAsync));
            _tables.Faults = 0;
            _over = true;
            await Task.WhenAll([.. troubles, .. readers]);
            foreach (var conversation in Conversations)
                await CheckAsync(conversation);
            return true;
        }

        private Host StartHost()
        {
            var process = new VirtualProcess(_time);
            return new Host(process, ClusterLogs.Of(_tables, _time, new Random(_time.Random.Next()), limits: Limits));
        }

        private Host AnyHost() => _hosts[_time.Random.Next(Hosts)];

        private async Task TroubleAsync(int number)
        {
            while (!_over)
            {
                await _time.After(_time.Between(10, 1_000));
                if (_time.Chance(0.5))
                {
                    _hosts[number].Process.Kill();
                    await _time.After(_time.Between(0, 100));
                    _hosts[number] = StartHost();
                }
                else
                {
                    _hosts[number].Process.Pause();
                    await _time.After(_time.Between(1, 400));
                    _hosts[number].Process.Resume();
                }
            }
        }

        private async Task WorkAsync(int client)
        {
            var sender = UserId.Parse($"user{client}").Phone();
            for (var n = 0; n < StepsEach;)
            {
                // Often several at once, of one message, which share a batch.
                var together = Math.Min(StepsEach - n, _time.Chance(0.5) ? _time.Random.Next(2, 6) : 1);
                var target = AnyMessage();
                var drafts = Enumerable.Range(n, together).Select(number => DraftOf(sender, $"{number}", _time.Chance(0.6) ? target : AnyMessage())).ToList();
                await Task.WhenAll(drafts.Select(SendUntilAnsweredAsync));
                n += together;
                if (_time.Chance(0.3))
                    await _time.After(_time.Between(0, 50));
            }
        }

        private LoggedMessage AnyMessage() => _messages[_time.Random.Next(Math.Max(0, _messages.Count - 4), _messages.Count)];

        private MessageDraft DraftOf(DeviceAddress sender, string id, LoggedMessage target)
        {
            var change = new MessageChange(new MessageTarget(target.Id, target.SeqNo)) { On = _time.Chance(0.6) };
            var content = _time.Random.Next(22) switch
            {
                > 19 => new MessageContent(default(Utf8Text)) { Kind = MessageKind.Timer, TimerSeconds = _time.Random.Next(3) * 1_000_000 },
                < 2 => MessageContent.Of($"{sender.User} {id}") with { Mentions = SomeMentions() },
                < 4 => MessageContent.Of($"{sender.User} {id}") with { Thread = target.Content.Thread ?? change.Target },
                < 5 => MessageContent.Of($"{sender.User} {id}") with { Kind = MessageKind.Edit, Change = change with { On = false }, Mentions = SomeMentions() },
                < 8 => MessageContent.Of(_time.Chance(0.2) ? "the same" : $"edit {sender.User} {id}") with { Kind = MessageKind.Edit, Change = change with { On = false, BasedOn = new SeqNo(_time.Random.Next((int)Seeded.Value + 20)) } },
                < 9 => new MessageContent(default(Utf8Text)) { Kind = MessageKind.Delete, Change = change with { On = false }, Thread = target.Content.Thread },
                < 12 => new MessageContent(default(Utf8Text)) { Kind = MessageKind.Pin, Change = change },
                _ => new MessageContent(default(Utf8Text)) { Kind = MessageKind.Reaction, Change = change with { Emoji = Emoji[_time.Random.Next(Emoji.Length)] } },
            };
            return new MessageDraft(target.Conversation, sender, id, content, _time.GetUtcNow());
        }

        private Mentions SomeMentions() => _time.Random.Next(4) switch
        {
            0 => Mentions.All,
            1 => Mentions.None,
            var n => Mentions.Of([UserId.Parse($"user{n - 2}")]),
        };

        private async Task SendUntilAnsweredAsync(MessageDraft draft)
        {
            while (true)
            {
                var host = AnyHost();
                var send = host.Process.Start(async () => draft.Content.IsChange
                    ? await host.Log.AppendChangeAsync(draft, CancellationToken.None)
                    : await host.Log.AppendAsync(draft, CancellationToken.None));
                if (await Task.WhenAny(send, _time.After(_time.Between(30, 1_500))) != send)
                    continue;
                try
                {
                    Answered(draft, await send);
                    return;
                }
                catch (StoreUnavailableException)
                {
                    await _time.After(_time.Between(0, 50));
                }
            }
        }

        private void Answered(MessageDraft draft, Result<AppendedMessage> answer)
        {
            if (!answer.IsOk)
            {
                Assert.True(draft.Content.IsChange);
                Assert.Contains(answer.Error.Code, (string[])[ErrorCodes.Conflict, ErrorCodes.BadRequest, ErrorCodes.TooLarge]);
                return;
            }
            var entry = answer.Value.Message;
            if ((entry.Sender.User, entry.ClientMsgId) != (draft.Sender.User, draft.ClientMsgId))
            {
                Assert.True(answer.Value.Duplicate);
                _alreadySo.Add((draft, entry));
                return;
            }
            _acked.Add(entry);
            if (!draft.Content.IsChange)
                _messages.Add(entry with { State = null });
        }

        private async Task ReadAllTheTimeAsync(ConversationId conversation)
        {
            while (!_over)
            {
                var host = AnyHost();
                var acked = _acked.Where(entry => entry.Conversation == conversation && entry.Content.CountsElsewhere).ToList();
                var after = new SeqNo(_time.Random.NextInt64(Seeded.Value - 1, Seeded.Value + 30));
                var read = host.Process.Start(async () => _time.Chance(0.7)
                    ? await host.Log.ReadAfterAsync(conversation, after, _time.Random.Next(1, 8), CancellationToken.None)
                    : [.. (await host.Log.ReadNewestAsync([conversation], CancellationToken.None)).OfType<LoggedMessage>()]);
                if (await Task.WhenAny(read, _time.After(TimeSpan.FromSeconds(2))) != read)
                    continue;
                try
                {
                    var page = await read;
                    foreach (var message in page.Where(entry => entry.Content.IsMessagePlace))
                    {
                        var newest = acked.Where(change => change.Content.Change?.Target.SeqNo == message.SeqNo || change.Content.Thread?.SeqNo == message.SeqNo).Select(change => change.SeqNo).DefaultIfEmpty(SeqNo.None).Max();
                        Assert.True((message.State?.ChangedSeqNo ?? SeqNo.None) >= newest, $"{newest} was acked and {message.SeqNo} was read as of {message.State?.ChangedSeqNo}.");
                        foreach (var change in page.Where(entry => entry.Content.Change?.Target.SeqNo == message.SeqNo || entry.Content.Thread?.SeqNo == message.SeqNo))
                            Assert.True(message.State?.ChangedSeqNo >= change.SeqNo, $"{change.SeqNo} stands beside {message.SeqNo}, which was read as of {message.State?.ChangedSeqNo}.");
                    }
                    _read.AddRange(page);
                }
                catch (StoreUnavailableException)
                {
                    // The next one may answer.
                }
                await _time.After(_time.Between(0, 30));
            }
        }

        private async Task CheckAsync(ConversationId conversation)
        {
            var host = StartHost();
            var all = await host.Process.Start(async () => await host.Log.ReadAfterAsync(conversation, new SeqNo(Seeded.Value - 1), int.MaxValue, CancellationToken.None));
            Assert.Equal(Enumerable.Range(0, all.Count).Select(n => Seeded.Value + n), all.Select(entry => entry.SeqNo.Value));
            Assert.All(_acked.Where(entry => entry.Conversation == conversation), entry => Assert.Equal(entry.Id, all.Single(one => one.SeqNo == entry.SeqNo).Id));
            Assert.All(_alreadySo.Where(one => one.Entry.Conversation == conversation), one => AssertMadeItSo(one.Change, all.Single(entry => entry.SeqNo == one.Entry.SeqNo)));

            var fold = new Fold(_messages.Single(message => message.Conversation == conversation && message.SeqNo == Seeded));
            // As they were written: what is erased by now counted all the same.
            var rows = (await host.Process.Start(async () => await new FinalReader(_tables, _time).ReadUpAsync(conversation, Seeded, int.MaxValue, CancellationToken.None))).Rows;
            Assert.Equal(all.Skip(1).Select(entry => entry.Id), rows.Select(row => row.Message.Id));
            rows.ForEach(row => fold.Add(_tables.Written[(conversation, row.SeqNo, row.Term)]));
            Assert.Equal(fold.Timer, (await host.Process.Start(async () => await host.Log.ReadTimersAsync([conversation], CancellationToken.None))).GetValueOrDefault(conversation));
            foreach (var message in all.Where(entry => entry.Content is { ExpiresAt: not null, IsMessagePlace: true }))
            {
                var expiresAt = message.Content.ExpiresAt!.Value;
                var places = await host.Process.Start(() => _tables.ReadExpiriesAsync(ExpiryHours.Of(expiresAt), ExpiryHours.PartOf(conversation), null, expiresAt, 10_000, CancellationToken.None));
                Assert.Contains(new ExpiringPlace(expiresAt, conversation, message.SeqNo), places);
            }
            Assert.All(all.Where(entry => entry.Content.IsMessagePlace), message => Assert.Equal(fold.StateOf(message.SeqNo), message.State));
            Assert.All(_read.Where(entry => entry.Conversation == conversation && entry.State is not null), message => Assert.Contains(message.State!, fold.StatesOf(message.SeqNo)));

            var newest = await host.Process.Start(async () => await host.Log.ReadNewestAsync([conversation], CancellationToken.None));
            Assert.Equal(all[^1], newest[0]);
            Assert.Equal(fold.Pins, await host.Process.Start(async () => await host.Log.ReadPinsAsync(conversation, CancellationToken.None)));
            var reader = UserId.Parse("user0");
            foreach (var root in all.Where(entry => entry.State?.Thread is not null))
            {
                var places = await host.Process.Start(async () => await host.Log.ReadThreadAsync(conversation, root.SeqNo, SeqNo.None, SeqNo.None, 10_000, CancellationToken.None));
                var inThread = all.Where(entry => entry.Content.Thread?.SeqNo == root.SeqNo && entry.Content.IsMessagePlace).ToList();
                Assert.Equal(inThread.Select(entry => entry.SeqNo), places.Where(place => inThread.Exists(entry => entry.SeqNo == place)));
                Assert.Equal((inThread.Count(entry => entry.State?.Deletion is null), inThread[^1].SeqNo), (root.State!.Thread!.Count, root.State.Thread.LastSeqNo));
            }
            var threads = await host.Process.Start(async () => await host.Log.ReadThreadsAsync(conversation, new SeqNo(SeqNo.MaxValue), 1_000, CancellationToken.None));
            Assert.Subset(threads.Select(place => place.Root).ToHashSet(), all.Where(entry => entry.State?.Thread is not null).Select(entry => entry.SeqNo).ToHashSet());
            var mentions = await host.Process.Start(async () => await host.Log.ReadMentionsAsync(conversation, reader, new SeqNo(Seeded.Value - 1), all[^1].SeqNo, 10_000, CancellationToken.None));
            Assert.Equal(
                all.Where(entry => entry.IsShown && entry.ShownMentions.Include(reader)).Select(entry => entry.SeqNo).Reverse(),
                mentions.Where(place => all.Single(entry => entry.SeqNo == place) is { IsShown: true } message && message.ShownMentions.Include(reader)));
            Assert.Equal(
                all.Count(entry => entry.Content.IsMessagePlace && entry.Sender.User != reader && entry.State?.Deletion is null),
                (await host.Process.Start(async () => await host.Log.CountOthersAsync(conversation, reader, new SeqNo(Seeded.Value - 1), all[^1].SeqNo, 1_000, CancellationToken.None))).Count);
            foreach (var message in all.Where(entry => entry.Content.IsMessagePlace && entry.State is { Deletion: null }))
            {
                var reactions = await host.Process.Start(async () => (await host.Log.ReadReactionsAsync(conversation, message.SeqNo, null, null, 1_000, CancellationToken.None)).Found);
                Assert.Equal(fold.ReactionsOf(message.SeqNo), reactions.ToHashSet());
                var own = await host.Process.Start(async () => await host.Log.ReadOwnReactionsAsync(conversation, [message.SeqNo], reader, CancellationToken.None));
                Assert.Equal(
                    fold.ReactionsOf(message.SeqNo).Where(one => one.User == reader).Select(one => one.Emoji).ToHashSet(),
                    own.GetValueOrDefault(message.SeqNo, []).ToHashSet());
            }
        }

        private static void AssertMadeItSo(MessageDraft change, LoggedMessage entry)
        {
            if (entry.Content.Kind == MessageKind.Erased)
                return;
            var (wanted, made) = (change.Content, entry.Content);
            Assert.Equal(
                (wanted.Kind, wanted.TimerSeconds, wanted.Change?.Target, wanted.Change?.Emoji, wanted.Change?.On),
                (made.Kind, made.TimerSeconds, made.Change?.Target, made.Change?.Emoji, made.Change?.On));
            Assert.True(wanted.Kind != MessageKind.Reaction || change.Sender.User == entry.Sender.User);
        }

        private sealed record Host(VirtualProcess Process, CqlMessageLog Log);
    }

    /// <summary>The entries of a conversation, applied one after the other.</summary>
    private sealed class Fold
    {
        private readonly Dictionary<SeqNo, LoggedMessage> _entries = [];
        private readonly Dictionary<SeqNo, List<MessageState>> _states = [];
        private readonly Dictionary<(SeqNo Target, UserId User, string Emoji), OwnReaction> _reactions = [];
        private readonly List<SeqNo> _pins = [];
        private SeqNo _newestMessage;

        public ConversationTimer? Timer { get; private set; }

        public Fold(LoggedMessage first) => Add(first);

        /// <summary>Newest first.</summary>
        public IEnumerable<SeqNo> Pins => Enumerable.Reverse(_pins);

        public void Add(LoggedMessage entry)
        {
            _entries[entry.SeqNo] = entry;
            if (entry.Content.IsMessagePlace)
            {
                _newestMessage = entry.SeqNo;
                Assert.Equal(Timer is { Seconds: > 0 and var seconds } ? entry.Timestamp.AddSeconds(seconds) : null, entry.Content.ExpiresAt);
                if (entry.Content.Thread is { } thread)
                    Add(thread.SeqNo, ThreadFold.Add(StateOf(thread.SeqNo), entry.Sender.User, entry.SeqNo));
                return;
            }
            Assert.Equal(_newestMessage, entry.Content.PreviousMessage);
            if (entry.Content.TimerSeconds is { } set)
            {
                Assert.IsType<Accepted>(ChangeJudge.JudgeTimer(Timer, set));
                Timer = new ConversationTimer(entry.SeqNo, set);
                return;
            }
            var change = entry.Content.Change!;
            var target = change.Target.SeqNo;
            var key = (target, entry.Sender.User, change.Emoji ?? "");
            var message = _entries[target] with { Content = MessageContent.Of("what nobody says"), State = StateOf(target) };
            var draft = new MessageDraft(entry.Conversation, entry.Sender, entry.ClientMsgId, entry.Content, entry.Timestamp);
            var facts = new ChangeFacts(message, _reactions.TryGetValue(key, out var own) ? own : null, _pins.Count) { Root = entry.Content.Thread is { } of ? StateOf(of.SeqNo) : null };
            var effect = Assert.IsType<Effect>(ChangeJudge.Judge(facts, draft, entry.SeqNo, Limits));
            Add(target, effect.State);
            if (effect.Root is { } root)
                Add(entry.Content.Thread!.SeqNo, root);
            if (entry.Content.Kind == MessageKind.Reaction)
                _reactions[key] = new OwnReaction(entry.SeqNo, change.On);
            if (_pins.Contains(target) && !effect.State.IsPinned)
                _pins.Remove(target);
            else if (!_pins.Contains(target) && effect.State.IsPinned)
                _pins.Add(target);
        }

        private void Add(SeqNo message, MessageState state)
        {
            if (!_states.TryGetValue(message, out var states))
                _states[message] = states = [];
            states.Add(state);
        }

        public MessageState? StateOf(SeqNo target) => _states.GetValueOrDefault(target, []).LastOrDefault();

        public List<MessageState> StatesOf(SeqNo target) => _states.GetValueOrDefault(target, []);

        public HashSet<UserReaction> ReactionsOf(SeqNo target) =>
            [.. _reactions.Where(one => one.Key.Target == target && one.Value.On).Select(one => new UserReaction(one.Key.User, one.Key.Emoji, one.Value.Entry))];
    }
}

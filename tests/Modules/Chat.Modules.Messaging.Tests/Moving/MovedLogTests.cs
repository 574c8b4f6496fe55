using System.Globalization;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Log.Embedded;
using Chat.Modules.Messaging.Moving;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Inbox;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Moving;

/// <summary>
/// An embedded log of all that a log can hold, by chance, is moved to a real server: the cluster's log says the same, and goes on from there.
/// CHAT_TEST_RUNS makes more than one.
/// </summary>
public sealed class MovedLogTests(CassandraServer server) : IClassFixture<CassandraServer>
{
    private static readonly UserId[] Users = [.. Enumerable.Range(0, 6).Select(n => UserId.Parse($"user{n}"))];

    private static int Runs => int.TryParse(Environment.GetEnvironmentVariable("CHAT_TEST_RUNS"), CultureInfo.InvariantCulture, out var runs) ? Math.Min(runs, 50) : 1;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_moved_log_says_what_it_said_and_goes_on()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        for (var run = 0; run < Runs; run++)
        {
            var seed = Random.Shared.Next();
            try
            {
                await MoveAsync(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"With the seed {seed}: {e.Message}", e);
            }
        }
    }

    private async Task MoveAsync(Random random)
    {
        using var stores = new TemporaryStores("messaging", typeof(MessagingModule).Assembly);
        using var source = new RocksMessageLog(stores.Data, stores.Meters, TimeProvider.System, new ActivityClock(NullLogger<ActivityClock>.Instance));
        var written = await WriteAsync(source, random);
        var expiring = await WriteExpiringAsync(source);
        var session = await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct);
        await session.ExecuteAsync(new CqlStatement("DROP TABLE IF EXISTS schema_move"), Ct);
        await using var inboxes = new CqlInboxes(session);
        MovedTable[] tables =
        [
            new MovedEpoch(source), new MovedMessages(source), new MovedStates(source), new MovedPins(source), new MovedReactions(source), new MovedChangedMarks(source), new MovedMentions(source), new MovedThreads(source), new MovedThreadActivity(source), new MovedAttempts(source), new MovedMoments(source), new MovedTimers(source), new MovedExpiries(source), new MovedConversations(source),
            new MovedDirects(source), new MovedBegun(source), new MovedInbox(source, inboxes.Clock), new MovedInboxMarks(source, inboxes.Clock),
        ];
        var options = Options.Create(new CqlOptions { Keyspace = server.Options.Keyspace });
        await new StoreMove(stores.Data, session, tables, [], options, TimeProvider.System).RunAsync(TextWriter.Null, Ct);

        var (target, inbox) = await inboxes.StartAsync(Ct);
        await using var _ = target;
        Assert.Equal(source.Epoch, target.Epoch);
        foreach (var conversation in written.Keys)
            await SameAsync(source, target, conversation, random);
        foreach (var message in written.Values.SelectMany(messages => messages).Where(_ => random.Next(20) == 0))
        {
            Assert.Equal(await source.FindAsync(message.Id, Ct), await target.FindAsync(message.Id, Ct));
            // Its place: a reaction to a deleted message is hidden by one of them, and not yet erased by the other.
            Assert.Equal(
                PlaceOf(await source.FindAttemptAsync(message.Sender.User, message.ClientMsgId, Ct)),
                PlaceOf(await target.FindAttemptAsync(message.Sender.User, message.ClientMsgId, Ct)));
            var retry = await target.AppendAsync(
                new MessageDraft(message.Conversation, message.Sender, message.ClientMsgId, MessageContent.Of("again"), TimeProvider.System.GetUtcNow().AddDays(1)), Ct);
            Assert.Equal((message.Id, message.SeqNo, true), (retry.Message.Id, retry.Message.SeqNo, retry.Duplicate));
        }
        foreach (var user in Users)
            await SameAsync(source, target, inbox, user);
        await SameExpiringAsync(source, target, new CqlLogTables(session, TimeProvider.System), expiring, random);
        await GoOnAsync(target, written, random);
    }

    private static (MessageId, ConversationId, SeqNo, DateTimeOffset)? PlaceOf(LoggedMessage? message) =>
        message is null ? null : (message.Id, message.Conversation, message.SeqNo, message.Timestamp);

    private static async Task<Dictionary<ConversationId, List<LoggedMessage>>> WriteAsync(RocksMessageLog log, Random random)
    {
        var written = new Dictionary<ConversationId, List<LoggedMessage>>();
        // One has more messages than a partition, or exactly as many.
        var large = ConversationId.Direct(Users[0], Users[1]);
        foreach (var wave in Enumerable.Range(0, Buckets.Size + random.Next(3) * random.Next(200)).Chunk(1_000))
            Keep(await Task.WhenAll(wave.Select(n => log.AppendAsync(Draft(large, Users[n % 2], $"large {n:d6}"), Ct))));
        for (var n = 0; n < 300; n++)
        {
            var sender = random.Next(Users.Length);
            var other = random.Next(Users.Length);
            var conversation = other == sender ? Team : ConversationId.Direct(Users[sender], Users[other]);
            var replyTo = random.Next(3) == 0 && written.TryGetValue(conversation, out var earlier) ? earlier[random.Next(earlier.Count)].Id : (MessageId?)null;
            var content = MessageContent.Of($"{n} {new string('ü', random.Next(50))}", replyTo) with
            {
                // As servers to come may write them.
                Kind = random.Next(10) == 0 ? (MessageKind)random.Next(7, 100) : MessageKind.Message,
                Mentions = random.Next(4) switch { 0 => Mentions.All, 1 => Mentions.Of([Users[random.Next(Users.Length)]]), _ => null },
                Thread = random.Next(4) == 0 && written.TryGetValue(conversation, out var all) && all.FirstOrDefault(one => one.Content is { IsShown: true, Thread: null }) is { } root ? Folding.TargetOf(root) : null,
                Unknown = random.Next(5) == 0 ? new byte[] { 0x82, 0x06, 2, (byte)n, 7 } : default,
            };
            var id = random.Next(3) switch
            {
                0 => Guid.CreateVersion7(Now.AddDays(-random.Next(1_000))).ToString(),
                1 => Guid.CreateVersion7(Now.AddMilliseconds(random.Next(5_000))).ToString(),
                _ => $"says {n}",
            };
            Keep([await log.AppendAsync(new MessageDraft(conversation, Users[sender].Phone(), id, content, Now.AddDays(-random.Next(100))), Ct)]);
        }
        foreach (var message in written.Values.SelectMany(messages => messages).Where(_ => random.Next(15) == 0))
            await log.EraseContentAsync(message.Conversation, message.SeqNo, Ct);
        for (var n = 0; n < 300; n++)
        {
            var messages = written.Values.ElementAt(random.Next(written.Count));
            var (message, user) = (messages[random.Next(Math.Min(3, messages.Count))], Users[random.Next(Users.Length)]);
            // Some are refused, or so already.
            var change = await log.AppendChangeAsync(
                random.Next(12) switch
                {
                    0 => message.Delete(user, $"change {n}"),
                    1 or 2 => message.Edit(user, $"change {n}", $"edit {n}"),
                    3 or 4 => message.Pin(user, $"change {n}", on: random.Next(3) > 0),
                    _ => message.React(user, $"change {n}", random.Next(2) == 0 ? "👍" : "❤️", on: random.Next(3) > 0),
                },
                Ct);
            if (change.IsOk && !change.Value.Duplicate)
                messages.Add(change.Value.Message);
        }
        return written;

        void Keep(IEnumerable<AppendedMessage> appended)
        {
            foreach (var (message, _, _) in appended)
            {
                if (!written.TryGetValue(message.Conversation, out var messages))
                    written.Add(message.Conversation, messages = []);
                messages.Add(message);
            }
        }
    }

    // A note to self whose messages expire in a day.
    private static async Task<IReadOnlyList<MessageLocation>> WriteExpiringAsync(RocksMessageLog log)
    {
        var self = ConversationId.Direct(Users[0], Users[0]);
        var timer = new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = 86_400 };
        Assert.True((await log.AppendChangeAsync(new MessageDraft(self, Users[0].Phone(), "timer", timer, TimeProvider.System.GetUtcNow()), Ct)).IsOk);
        var expiring = new List<MessageLocation>();
        for (var n = 0; n < 20; n++)
        {
            var message = (await log.AppendAsync(new MessageDraft(self, Users[0].Phone(), $"expires {n}", MessageContent.Of($"{n}"), TimeProvider.System.GetUtcNow()), Ct)).Message;
            Assert.NotNull(message.Content.ExpiresAt);
            expiring.Add(new MessageLocation(self, message.SeqNo));
        }
        return expiring;
    }

    private static async Task SameExpiringAsync(
        RocksMessageLog source, CqlMessageLog target, CqlLogTables tables, IReadOnlyList<MessageLocation> expiring, Random random)
    {
        var self = expiring[0].Conversation;
        await SameAsync(source, target, self, random);
        Assert.Equal(await source.ReadTimersAsync([self], Ct), await target.ReadTimersAsync([self], Ct));
        var next = await target.AppendAsync(new MessageDraft(self, Users[0].Phone(), "after the move", MessageContent.Of("next"), TimeProvider.System.GetUtcNow()), Ct);
        Assert.NotNull(next.Message.Content.ExpiresAt);

        // The first sweep of all looks far back.
        var now = TimeProvider.System.GetUtcNow();
        await tables.WriteSweptHourAsync(ExpiryHours.Of(now), Ct);
        var found = new HashSet<MessageLocation>();
        await foreach (var page in new CqlExpiries(tables, ClusterTimes.Default, new FakeTimeProvider(now.AddDays(2))).ReadOverAsync(7, Ct))
            found.UnionWith(page);
        Assert.Equal([.. expiring, new MessageLocation(self, next.Message.SeqNo)], found);
    }

    private static async Task SameAsync(RocksMessageLog source, CqlMessageLog target, ConversationId conversation, Random random)
    {
        var head = await source.GetHeadAsync(conversation, Ct);
        Assert.Equal(head, await target.GetHeadAsync(conversation, Ct));
        for (var after = SeqNo.None; after < head;)
        {
            var page = await source.ReadAfterAsync(conversation, after, 700, Ct);
            Assert.Equal(page, await target.ReadAfterAsync(conversation, after, 700, Ct));
            after = page[^1].SeqNo;
        }
        Assert.Equal(await source.ReadPinsAsync(conversation, Ct), await target.ReadPinsAsync(conversation, Ct));
        Assert.Equal(await source.ReadThreadsAsync(conversation, head.Next, 100, Ct), await target.ReadThreadsAsync(conversation, head.Next, 100, Ct));
        for (var message = new SeqNo(1); message <= SeqNo.Min(head, new SeqNo(3)); message = message.Next)
        {
            Assert.Equal(
                (await source.ReadReactionsAsync(conversation, message, null, null, 100, Ct)).Found, (await target.ReadReactionsAsync(conversation, message, null, null, 100, Ct)).Found);
            Assert.Equal(
                await source.ReadThreadAsync(conversation, message, SeqNo.None, SeqNo.None, 100, Ct), await target.ReadThreadAsync(conversation, message, SeqNo.None, SeqNo.None, 100, Ct));
        }
        var at = new SeqNo(random.NextInt64(1, head.Value + 2));
        Assert.Equal(await source.ReadBeforeAsync(conversation, at, 30, Ct), await target.ReadBeforeAsync(conversation, at, 30, Ct));
        foreach (var user in Users)
        {
            Assert.Equal(
                await source.CountOthersAsync(conversation, user, at, head, 1_000, Ct), await target.CountOthersAsync(conversation, user, at, head, 1_000, Ct));
            Assert.Equal(
                await source.ReadMentionsAsync(conversation, user, SeqNo.None, head, 100, Ct), await target.ReadMentionsAsync(conversation, user, SeqNo.None, head, 100, Ct));
            Assert.Equal(await source.HasWrittenAsync(user, conversation, Ct), await target.HasWrittenAsync(user, conversation, Ct));
        }
    }

    private static async Task SameAsync(RocksMessageLog source, CqlMessageLog target, CqlInbox inbox, UserId user)
    {
        Assert.Equal(await source.CountDirectsBegunAsync(user, 100, Ct), await target.CountDirectsBegunAsync(user, 100, Ct));
        Assert.Equal(await source.CountDirectsByOthersAsync(user, 100, Ct), await target.CountDirectsByOthersAsync(user, 100, Ct));
        var others = Users.Where(other => other != user).ToList();
        Assert.Equal((await source.FindDirectsWithAsync(user, others, Ct)).ToHashSet(), (await target.FindDirectsWithAsync(user, others, Ct)).ToHashSet());
        var expected = new SortedInbox(await source.ReadEntriesAsync(user, Ct));
        var found = await inbox.OpenAsync(user, Ct);
        for (InboxEntry? last = null; expected.Down(last?.Position, 2) is { Count: > 0 } page; last = page[^1])
            Assert.Equal(page, await found.DownAsync(last?.Position, 2, Ct));
        // By its rows: what is read from the log because they are not complete has no position.
        Assert.NotNull((await found.ReadSinceAsync(null, Ct)).UpTo);
    }

    private static async Task GoOnAsync(CqlMessageLog target, Dictionary<ConversationId, List<LoggedMessage>> written, Random random)
    {
        foreach (var (conversation, messages) in written)
        {
            var sender = conversation.IsDirect ? conversation.Users.First : Users[0];
            var next = await target.AppendAsync(new MessageDraft(conversation, sender.Phone(), "next", MessageContent.Of("next"), TimeProvider.System.GetUtcNow()), Ct);
            if (next.Duplicate)
                continue;
            Assert.Equal(messages[^1].SeqNo.Next, next.Message.SeqNo);
            var erased = messages[random.Next(messages.Count)];
            await target.EraseContentAsync(conversation, erased.SeqNo, Ct);
            Assert.Equal(erased.Content.ToErased(), Assert.Single(await target.ReadAfterAsync(conversation, new SeqNo(erased.SeqNo.Value - 1), 1, Ct)).Content);
        }
    }
}

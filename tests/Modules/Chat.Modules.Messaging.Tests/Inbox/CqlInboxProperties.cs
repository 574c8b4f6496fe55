using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>
/// Two servers on one real keyspace append, crash, and have users' parts deleted, in any order and with any time in between: each user's inbox is what the log
/// says, through either server. A run is decided by its seed, but for what goes on at the same time; CHAT_TEST_RUNS makes more of them.
/// </summary>
public sealed class CqlInboxProperties(CassandraServer server) : IClassFixture<CassandraServer>
{
    private static readonly UserId[] Users = [Alice, Bob, Carol, UserId.Parse("al"), UserId.Parse("alicea")];

    private static readonly ConversationId[] Conversations =
        [.. Users.SelectMany((one, n) => Users.Skip(n + 1).Select(other => ConversationId.Direct(one, other))), Team];

    private static readonly TimeSpan[] Passing =
        [TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(9), TimeSpan.FromHours(2), TimeSpan.FromHours(30), TimeSpan.FromDays(4), TimeSpan.FromDays(32)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_inbox_agrees_with_the_log_after_any_appends_crashes_and_deletes_through_two_servers()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        var runs = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_RUNS") ?? "3", null);
        var first = int.Parse(Environment.GetEnvironmentVariable("CHAT_TEST_SEED") ?? "1", null);
        for (var seed = first; seed < first + runs; seed++)
        {
            await using var inboxes = new CqlInboxes(await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct));
            try
            {
                await RunAsync(inboxes, new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"With CHAT_TEST_SEED={seed}: {e.Message}", e);
            }
        }
    }

    private static async Task RunAsync(CqlInboxes inboxes, Random random)
    {
        CqlInboxes.Server[] servers = [await inboxes.StartAsync(Ct), await inboxes.StartAsync(Ct)];
        var devices = Users.ToDictionary(user => user, _ => new Device());
        for (var step = 0; step < 60; step++)
        {
            var one = random.Next(2);
            switch (random.Next(20))
            {
                case < 6:
                    await AppendAsync(servers[one], Conversations[random.Next(Conversations.Length)]);
                    break;
                case < 8:
                    await Task.WhenAll(random.GetItems(Conversations, 12).Select((conversation, n) => AppendAsync(servers[n % 2], conversation)));
                    break;
                case < 13:
                    await CheckAsync(servers[one], Users[random.Next(Users.Length)], random.Next(1, 5));
                    break;
                case < 16:
                    var user = Users[random.Next(Users.Length)];
                    await devices[user].ConnectAsync(servers[one], user, random);
                    break;
                case < 18:
                    inboxes.Pass(Passing[random.Next(Passing.Length)]);
                    break;
                case 18:
                    await inboxes.DeleteAsync(Users[random.Next(Users.Length)], Ct);
                    break;
                default:
                    // It has ended in the middle of nothing; what it knew is gone.
                    await servers[one].Log.DisposeAsync();
                    servers[one] = await inboxes.StartAsync(Ct);
                    break;
            }
        }
        foreach (var user in Users)
        {
            await devices[user].ConnectAsync(servers[0], user, random);
            await CheckAsync(servers[1], user, 2);
        }
        await servers[0].Log.DisposeAsync();
        await servers[1].Log.DisposeAsync();

        Task AppendAsync(CqlInboxes.Server server, ConversationId conversation) => server.Log.AppendAsync(
            Draft(conversation, conversation.IsDirect ? conversation.Users.Second : Bob, $"{inboxes.Next()}") with { Now = inboxes.Clock.GetUtcNow() }, Ct);
    }

    private static async Task CheckAsync(CqlInboxes.Server server, UserId user, int limit)
    {
        var expected = await (await new LogInbox(server.Log).OpenAsync(user, Ct)).DownAsync(null, int.MaxValue, Ct);
        var inbox = await server.Inbox.OpenAsync(user, Ct);
        var down = new List<InboxEntry>();
        while (await inbox.DownAsync(down is [.., var last] ? last.Position : null, limit, Ct) is { Count: > 0 } page)
            down.AddRange(page);
        Assert.Equal(expected, down);
        if (expected.Count == 0)
            return;
        var up = new List<InboxEntry>();
        while (await inbox.UpAsync(up is [.., var last] ? last.Position : expected[^1].Position, Activity.Lowest, limit, Ct) is { Count: > 0 } page)
            up.AddRange(page);
        Assert.Equal(expected.SkipLast(1).Reverse(), up);
    }

    /// <summary>As DeviceStarts: asks for what came since it had everything.</summary>
    private sealed class Device
    {
        private readonly Dictionary<ConversationId, SeqNo> _cursors = [];
        private FeedPosition? _drained;

        public async Task ConnectAsync(CqlInboxes.Server server, UserId user, Random random)
        {
            var changed = await (await server.Inbox.OpenAsync(user, Ct)).ReadSinceAsync(_drained, Ct);
            var known = changed.Heads.ToDictionary(head => head.Conversation, head => head.SeqNo);
            foreach (var entry in await server.Log.ReadEntriesAsync(user, Ct))
                Assert.Equal(entry.Head, known.GetValueOrDefault(entry.Position.Conversation, _cursors.GetValueOrDefault(entry.Position.Conversation)));
            // Some wait for the next time.
            var waiting = changed.Heads.Where(_ => random.Next(4) == 0).ToList();
            foreach (var head in changed.Heads.Except(waiting))
                _cursors[head.Conversation] = head.SeqNo;
            if (changed.UpTo is { } upTo)
                _drained = waiting.Count == 0 ? upTo : upTo with { Value = Math.Min(upTo.Value, waiting.Min(head => head.Position) - 1) };
        }
    }
}

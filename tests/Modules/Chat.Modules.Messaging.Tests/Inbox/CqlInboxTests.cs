using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>The inbox of a cluster on a real server, of users whose parts are made.</summary>
public sealed class CqlInboxTests(CassandraServer server) : InboxContract, IClassFixture<CassandraServer>, IAsyncLifetime
{
    private CqlInboxes? _inboxes;
    private CqlInboxes.Server? _server;

    private CqlInboxes Inboxes => _inboxes!;

    private protected override IMessageLog Log => _server!.Log;

    private protected override IInbox Inbox => _server!.Inbox;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _inboxes = new CqlInboxes(await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct));
        _server = await _inboxes.StartAsync(Ct);
        await MakeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.Log.DisposeAsync();
        if (_inboxes is not null)
            await _inboxes.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_is_told_what_has_changed_since_it_looked_last_and_a_little_more()
    {
        var all = await AppendToManyAsync(5);
        Inboxes.Pass(TimeSpan.FromHours(1));
        var before = (await SinceAsync(Alice, null)).UpTo;
        await AppendAsync(all[1], all[3]);

        Assert.Equal([all[1], all[3]], Sorted((await SinceAsync(Alice, before)).Heads));
        Inboxes.Pass(TimeSpan.FromHours(1));
        var changed = await SinceAsync(Alice, before);
        Assert.Equal([all[1], all[3]], Sorted(changed.Heads));
        Assert.Empty((await SinceAsync(Alice, changed.UpTo)).Heads);
        // Much later it is kept by days.
        Inboxes.Pass(TimeSpan.FromDays(20));
        await AppendNowAsync(all[4]);
        Inboxes.Pass(TimeSpan.FromDays(5));
        Assert.Superset(new HashSet<ConversationId>([all[1], all[3], all[4]]), Sorted((await SinceAsync(Alice, before)).Heads).ToHashSet());
        Assert.Equal([all[4]], Sorted((await SinceAsync(Alice, changed.UpTo!.Value with { Value = changed.UpTo.Value.Value + 86_400_000 })).Heads));
        Assert.Equal(5, (await SinceAsync(Alice, before!.Value with { Epoch = "another" })).Heads.Count);
    }

    [Fact]
    public async Task Positions_of_heads_lead_back_to_them()
    {
        var all = await AppendToManyAsync(3);
        Inboxes.Pass(TimeSpan.FromHours(7));
        await AppendAsync(all[0]);
        Inboxes.Pass(TimeSpan.FromHours(7));
        var heads = await SinceAsync(Alice, null);

        foreach (var head in heads.Heads)
        {
            var since = await SinceAsync(Alice, heads.UpTo!.Value with { Value = head.Position - 1 });
            Assert.Contains(since.Heads, found => found.Conversation == head.Conversation);
        }
    }

    [Fact]
    public async Task Conversations_of_days_and_weeks_are_listed_in_their_order()
    {
        var all = new List<ConversationId>();
        foreach (var hours in new[] { 0, 1, 30, 24, 24, 1, 0, 240, 24, 40, 2, 1 })
        {
            Inboxes.Pass(TimeSpan.FromHours(hours));
            all.Insert(0, ConversationId.Direct(Alice, UserId.Parse($"user{all.Count:d2}")));
            await AppendNowAsync(all[0]);
            // What stands high has many rows further down.
            await AppendNowAsync(AliceAndBob);
        }
        all.Insert(0, AliceAndBob);

        foreach (var limit in new[] { 1, 2, 5, 50 })
        {
            var inbox = await Inbox.OpenAsync(Alice, Ct);
            var found = new List<InboxEntry>();
            while (await inbox.DownAsync(found is [.., var last] ? last.Position : null, limit, Ct) is { Count: > 0 } page)
                found.AddRange(page);
            Assert.Equal(all, found.Select(entry => entry.Position.Conversation));
            Assert.Equal(Enumerable.Reverse(found).Skip(1), await inbox.UpAsync(found[^1].Position, Activity.Lowest, 100, Ct));
        }
    }

    [Fact]
    public async Task A_part_that_is_deleted_at_any_moment_is_made_again_and_nothing_is_missed_meanwhile()
    {
        await AppendAsync(AliceAndBob);
        var position = (await SinceAsync(Alice, null)).UpTo;

        await Inboxes.DeleteAsync(Alice, Ct);
        // The server still counts on the rows that it wrote before.
        await AppendAsync(AliceAndBob, ConversationId.Direct(Alice, Carol));

        Assert.Equal(2, (await SinceAsync(Alice, position)).Heads.Count);
        Assert.Equal([2, 1], (await AllAsync(Alice)).Select(found => found.Item2).OrderDescending());
        await AppendAsync(AliceAndBob);
        await MakeAsync();
        Assert.Equal(2, (await SinceAsync(Alice, position)).Heads.Count);
        Assert.Equal([3, 1], (await AllAsync(Alice)).Select(found => found.Item2).OrderDescending());
        Assert.NotNull((await SinceAsync(Alice, null)).UpTo);
    }

    [Fact]
    public async Task A_part_is_not_made_while_servers_may_count_on_rows_that_were_lost()
    {
        await Inboxes.DeleteAsync(Alice, Ct);

        Assert.Null((await SinceAsync(Alice, null)).UpTo);
        Inboxes.Pass(TimeSpan.FromMinutes(6));
        Assert.Null((await SinceAsync(Alice, null)).UpTo);
        Inboxes.Pass(TimeSpan.FromMinutes(2));
        Assert.Null((await SinceAsync(Alice, null)).UpTo);
        Assert.NotNull((await SinceAsync(Alice, null)).UpTo);
    }

    [Fact]
    public async Task While_servers_run_that_do_not_write_it_the_log_is_read_and_what_they_wrote_is_there_from_then_on()
    {
        await Inboxes.NameAsync(null, Ct);
        Inboxes.Pass(TimeSpan.FromMinutes(2));
        await using var before = Inboxes.StartWithoutInbox();
        await before.AppendAsync(Draft(AliceAndBob, Bob, "of the version before"), Ct);

        Assert.Equal([(AliceAndBob, 1L)], await AllAsync(Alice));
        Assert.Null((await SinceAsync(Alice, null)).UpTo);
        await Inboxes.NameAsync("upgraded", Ct);
        Inboxes.Pass(TimeSpan.FromMinutes(2));
        await MakeAsync();

        Assert.NotNull((await SinceAsync(Alice, null)).UpTo);
        Assert.Equal([(AliceAndBob, 1L)], await AllAsync(Alice));
    }

    [Fact]
    public async Task A_keyspace_from_before_the_inbox_is_not_said_to_have_one()
    {
        await Inboxes.NameAsync(null, Ct);

        var next = await Inboxes.StartAsync(Ct);

        await AppendAsync(AliceAndBob);
        Assert.Null((await (await next.Inbox.OpenAsync(Alice, Ct)).ReadSinceAsync(null, Ct)).UpTo);
        await next.Log.DisposeAsync();
    }

    [Fact]
    public async Task Messages_through_one_server_are_there_on_another()
    {
        var other = await Inboxes.StartAsync(Ct);
        var before = (await (await other.Inbox.OpenAsync(Bob, Ct)).ReadSinceAsync(null, Ct)).UpTo;
        for (var n = 1; n <= 3; n++)
        {
            await AppendAsync(AliceAndBob);

            var changed = await (await other.Inbox.OpenAsync(Bob, Ct)).ReadSinceAsync(before, Ct);
            Assert.Equal((AliceAndBob, n), (Assert.Single(changed.Heads).Conversation, changed.Heads[0].SeqNo.Value));
        }
        await other.Log.DisposeAsync();
    }

    [Fact]
    public async Task An_old_part_is_made_anew_before_its_rows_are_gone_and_positions_stay()
    {
        var all = await AppendToManyAsync(3);
        Inboxes.Pass(TimeSpan.FromHours(1));
        var before = (await SinceAsync(Alice, null)).UpTo;

        Inboxes.Pass(TimeSpan.FromDays(29));
        await AppendNowAsync(all[1]);
        var old = await SinceAsync(Alice, before);
        Assert.Equal((3, before?.Epoch), (old.Heads.Count, old.UpTo?.Epoch));
        Inboxes.Pass(TimeSpan.FromDays(2));
        Assert.Null((await SinceAsync(Alice, old.UpTo)).UpTo);

        var made = await SinceAsync(Alice, old.UpTo);
        Assert.Equal((all[1], before?.Epoch), (Assert.Single(made.Heads).Conversation, made.UpTo?.Epoch));
    }

    [Fact]
    public async Task Connecting_costs_what_changed_and_a_page_what_it_shows()
    {
        var all = await AppendToManyAsync(450, atOnce: 15);
        Inboxes.Pass(TimeSpan.FromHours(30));
        var drained = (await SinceAsync(Alice, null)).UpTo;
        await AppendNowAsync(all[7], all[70], all[400]);
        // A server that knows nothing yet.
        var next = await Inboxes.StartAsync(Ct);
        var inbox = await next.Inbox.OpenAsync(Alice, Ct);

        Inboxes.Requests = 0;
        Assert.Equal(3, (await inbox.ReadSinceAsync(drained, Ct)).Heads.Count);
        // Its rows; states, newest messages, states.
        Assert.Equal(4, Inboxes.Requests);

        Inboxes.Requests = 0;
        Assert.Equal(50, (await inbox.DownAsync(null, 50, Ct)).Count);
        Assert.InRange(Inboxes.Requests, 1, 8);
        await next.Log.DisposeAsync();
    }

    [Fact]
    public async Task What_follows_within_a_span_writes_nothing_more()
    {
        await AppendNowAsync(AliceAndBob);

        Inboxes.Touches = 0;
        await AppendNowAsync(AliceAndBob, AliceAndBob);
        Assert.Equal(0, Inboxes.Touches);
        Inboxes.Pass(TimeSpan.FromSeconds(11));
        await AppendNowAsync(AliceAndBob);
        Assert.Equal(1, Inboxes.Touches);
        Inboxes.Pass(TimeSpan.FromMinutes(6));
        await AppendNowAsync(AliceAndBob);
        // The stream, the feed, and both users in one or two.
        Assert.InRange(Inboxes.Touches, 4, 5);
    }

    private static IEnumerable<ConversationId> Sorted(IEnumerable<ConversationHead> heads) =>
        heads.Select(head => head.Conversation).OrderBy(conversation => conversation.Value, StringComparer.Ordinal);

    private async Task<List<ConversationId>> AppendToManyAsync(int count, int atOnce = int.MaxValue)
    {
        var all = Enumerable.Range(0, count).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n:d3}"))).ToList();
        foreach (var some in all.Chunk(atOnce))
        {
            await Task.WhenAll(some.Select(conversation => AppendNowAsync(conversation)));
            Inboxes.Pass(atOnce == int.MaxValue ? TimeSpan.Zero : TimeSpan.FromMinutes(4));
        }
        return all;
    }

    private async Task AppendNowAsync(params ConversationId[] conversations)
    {
        foreach (var conversation in conversations)
            await Log.AppendAsync(Draft(conversation, Alice, $"now {Inboxes.Next()}") with { Now = Inboxes.Clock.GetUtcNow() }, Ct);
    }

    // Found missing, and made some time after that.
    private async Task MakeAsync()
    {
        for (var look = 0; look < 2; look++)
        {
            foreach (var user in new[] { Alice, Bob, Carol })
                await SinceAsync(user, null);
            Inboxes.Pass(TimeSpan.FromMinutes(8));
        }
    }
}

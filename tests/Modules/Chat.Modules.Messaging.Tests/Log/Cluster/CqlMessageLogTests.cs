using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>The clustered log on a real server.</summary>
public sealed class CqlMessageLogTests(CassandraServer server) : MessageLogContract, IClassFixture<CassandraServer>
{
    private ICqlSession? _session;

    [Fact]
    public async Task Two_hosts_that_append_to_one_conversation_give_one_order()
    {
        await using var other = await OpenAnotherAsync();
        const int each = 200;

        var acked = await Task.WhenAll(Enumerable.Range(0, each).SelectMany(n => new[]
        {
            Log.AppendAsync(Draft(AliceAndBob, Alice, $"{n}"), Ct),
            other.AppendAsync(Draft(AliceAndBob, Bob, $"{n}"), Ct),
        }));

        var stored = await ReadAllAsync(AliceAndBob);
        Assert.Equal(Enumerable.Range(1, 2 * each).Select(n => (long)n), stored.Select(message => message.SeqNo.Value));
        Assert.Equal(stored, acked.Select(append => append.Message).OrderBy(message => message.SeqNo));
        Assert.Equal(stored, await other.ReadAfterAsync(AliceAndBob, SeqNo.None, int.MaxValue, Ct));
    }

    [Fact]
    public async Task An_attempt_that_comes_through_two_hosts_at_once_is_one_message()
    {
        await using var other = await OpenAnotherAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).SelectMany(n => new[]
        {
            Log.AppendAsync(Draft(AliceAndBob, Alice, $"{n}"), Ct),
            other.AppendAsync(Draft(AliceAndBob, Alice, $"{n}"), Ct),
        }));

        var stored = await ReadAllAsync(AliceAndBob);
        Assert.Equal(20, stored.Count);
        Assert.All(answers, answer => Assert.Contains(answer.Message, stored));
        Assert.Equal(20, answers.Count(answer => !answer.Duplicate));
    }

    [Fact]
    public async Task Attempts_that_were_made_in_one_moment_are_told_apart()
    {
        await using var other = await OpenAnotherAsync();
        UserId[] users = [Alice, Bob];
        var drafts = Enumerable.Range(0, 100).Select(n => Draft(n % 3 == 0 ? Team : AliceAndBob, users[n % 2], $"{Guid.CreateVersion7(Now)}", $"{n}")).ToList();

        var first = await Task.WhenAll(drafts.Select(draft => Log.AppendAsync(draft, Ct)));
        var again = await Task.WhenAll(drafts.Select(draft => other.AppendAsync(draft, Ct)));
        var byOthers = await Task.WhenAll(drafts.Select(draft => Log.AppendAsync(draft with { Sender = Carol.Phone() }, Ct)));

        Assert.Equal(drafts.Select(draft => draft.Content), first.Select(append => append.Message.Content));
        Assert.Equal(first.Select(append => append.Message), again.Select(append => append.Message));
        Assert.All(again, append => Assert.True(append.Duplicate));
        Assert.All(byOthers, append => Assert.False(append.Duplicate));
        foreach (var message in first.Select(append => append.Message))
        {
            Assert.Equal(message, await other.FindAttemptAsync(message.Sender.User, message.ClientMsgId, Ct));
            Assert.Equal(new MessageLocation(message.Conversation, message.SeqNo), await other.FindAsync(message.Id, Ct));
        }
    }

    // A row that stands alone, as a part of what a writer wrote before its term was lost.
    [Fact]
    public async Task What_a_lost_term_has_left_is_removed()
    {
        var first = (await Log.AppendAsync(Draft(Team, Alice, "1"), Ct)).Message;
        await using var other = await OpenAnotherAsync();
        var tables = new CqlLogTables(_session!, TimeProvider.System);
        await tables.WriteRowsAsync(1, [first with { Id = AttemptKey.NewId(2, Activity.At(Now)), SeqNo = new SeqNo(3), ClientMsgId = "lost" }], Ct);
        Assert.Equal(2, (await tables.ReadUpAsync(Team, 0, SeqNo.None, 10, Ct)).Count);

        var second = (await other.AppendAsync(Draft(Team, Bob, "2"), Ct)).Message;

        await Wait.UntilAsync(async () => (await tables.ReadUpAsync(Team, 0, SeqNo.None, 10, Ct)).Count == 2, "the row is removed");
        Assert.Equal([first, second], await ReadAllAsync(Team));
    }

    // The row is made anew by the erasure, with nothing but its key: it does not count, as before.
    [Fact]
    public async Task A_row_that_is_erased_while_it_is_removed_harms_nobody()
    {
        var first = (await Log.AppendAsync(Draft(Team, Alice, "1"), Ct)).Message;
        await using var other = await OpenAnotherAsync();
        var tables = new CqlLogTables(_session!, TimeProvider.System);
        var second = (await other.AppendAsync(Draft(Team, Bob, "2"), Ct)).Message;
        await _session!.ExecuteAsync(
            new("UPDATE messaging_messages SET body = '', erased = true WHERE conversation = ? AND bucket = 0 AND seq_no = 3 AND term = 1", Team.Value), Ct);

        Assert.Equal(3, (await tables.ReadUpAsync(Team, 0, SeqNo.None, 10, Ct)).Count);
        Assert.Equal([first, second], await ReadAllAsync(Team));
        Assert.Equal(second.SeqNo, await Log.GetHeadAsync(Team, Ct));
        Assert.Equal(second, Assert.Single(await Log.ReadNewestAsync([Team], Ct)));
        Assert.Equal(new SeqNo(3), (await Log.AppendAsync(Draft(Team, Alice, "3"), Ct)).Message.SeqNo);
    }

    [Fact]
    public async Task Pages_go_on_over_the_end_of_a_bucket()
    {
        const int count = Buckets.Size + 20;
        await Task.WhenAll(Enumerable.Range(1, count).Select(n => Log.AppendAsync(Draft(AliceAndBob, Alice, $"{n}"), Ct)));

        var up = await Log.ReadAfterAsync(AliceAndBob, new SeqNo(Buckets.Size - 10), 20, Ct);
        var down = await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(Buckets.Size + 11), 20, Ct);

        Assert.Equal(Enumerable.Range(Buckets.Size - 9, 20).Select(n => (long)n), up.Select(message => message.SeqNo.Value));
        Assert.Equal(up, down);
        Assert.Equal(count, (await Log.GetHeadAsync(AliceAndBob, Ct)).Value);
    }

    [Fact]
    public async Task Heads_are_right_though_others_have_begun_terms_and_buckets_since_they_were_read()
    {
        await using var other = await OpenAnotherAsync();
        ConversationId[] all = [AliceAndBob, Team, ConversationId.Direct(Alice, Carol), ConversationId.NewGroup()];
        await Task.WhenAll(all.SkipLast(1).Select(conversation => Log.AppendAsync(Draft(conversation, Alice, $"{conversation}"), Ct)));
        Assert.Equal([1L, 1L, 1L, null], await HeadsAsync());

        await Task.WhenAll(Enumerable.Range(0, Buckets.Size).Select(n => other.AppendAsync(Draft(AliceAndBob, Bob, $"{n}"), Ct)));
        await Task.WhenAll(all.Skip(1).Select(conversation => other.AppendAsync(Draft(conversation, Bob, $"{conversation}"), Ct)));

        Assert.Equal([Buckets.Size + 1L, 2L, 2L, 1L], await HeadsAsync());

        async Task<IEnumerable<long?>> HeadsAsync() => (await Log.GetHeadsAsync(all, Ct)).Select(head => head?.SeqNo.Value);
    }

    [Fact]
    public async Task Erasing_all_touches_no_term_and_no_fence_and_another_host_goes_on_behind_them()
    {
        await using var other = await OpenAnotherAsync();
        await other.AppendAsync(Draft(AliceAndBob, Bob, "0"), Ct);
        for (var n = 1; n <= 3; n++)
            await AppendAsync(AliceAndBob, Alice, $"{n}");
        var state = await StateAsync();

        for (var n = 1; n <= 4; n++)
            await other.EraseContentAsync(AliceAndBob, new SeqNo(n), Ct);

        Assert.Equal(state, await StateAsync());
        var next = await other.AppendAsync(Draft(AliceAndBob, Bob, "next"), Ct);
        Assert.Equal((5, 4), (next.Message.SeqNo.Value, next.Previous.Value));
        var again = await other.AppendAsync(Draft(AliceAndBob, Alice, "3"), Ct);
        Assert.Equal((4, true, MessageContent.Erased), (again.Message.SeqNo.Value, again.Duplicate, again.Message.Content));
        Assert.Equal([1, 2, 3, 4, 5], (await ReadAllAsync(AliceAndBob)).Select(message => message.SeqNo.Value));
    }

    // As one of a term that was lost, which no reader sees.
    [Fact]
    public async Task Erasing_takes_every_row_of_the_attempt_though_the_servers_clock_is_slow()
    {
        var message = (await AppendAsync(AliceAndBob, Alice, "1", "secret")).Message;
        await new CqlLogTables(_session!, TimeProvider.System).WriteRowsAsync(term: 0, [message], Ct);
        await using var slow = await OpenAnotherAsync(new FakeTimeProvider(DateTimeOffset.UnixEpoch));

        await slow.EraseContentAsync(AliceAndBob, message.SeqNo, Ct);

        var rows = (await _session!.ExecuteAsync(new("SELECT body, content FROM messaging_messages"), Ct)).Rows;
        Assert.Equal(["", ""], rows.Select(row => row.Get<string>(0)));
        Assert.All(rows, row => Assert.Equal(MessageContent.Erased, ContentCodec.Decode(row.Get<byte[]>(1))));
        Assert.Equal(MessageContent.Erased, Assert.Single(await ReadAllAsync(AliceAndBob)).Content);
    }

    // What a server of the version before does with its rows, and what it finds in these.
    [Fact]
    public async Task Rows_of_the_version_before_are_read_and_it_reads_plain_ones()
    {
        var first = (await Log.AppendAsync(Draft(AliceAndBob, Alice, "1"), Ct)).Message;
        var reply = (await Log.AppendAsync(Draft(AliceAndBob, Bob, "2") with { Content = MessageContent.Of("hé 🙂\0", first.Id) }, Ct)).Message;
        const string columns = "conversation, bucket, seq_no, term, first, message_id, sender, device, client_msg_id, body, sent_at, reply_to";
        var rows = (await _session!.ExecuteAsync(new($"SELECT {columns} FROM messaging_messages"), Ct)).Rows;

        Assert.Equal([("hé 🙂\0", first.Id.Value), ("hello", (Guid?)null)], rows.Select(row => (row.Get<string>(9), row.IsNull(11) ? (Guid?)null : row.Get<Guid>(11))));

        await _session.ExecuteAsync(new("TRUNCATE messaging_messages"), Ct);
        foreach (var row in rows)
        {
            await _session.ExecuteAsync(
                new CqlStatement(
                    $"INSERT INTO messaging_messages ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    row.Get<string>(0), row.Get<long>(1), row.Get<long>(2), row.Get<long>(3), row.Get<long>(4), row.Get<Guid>(5), row.Get<string>(6),
                    row.Get<string>(7), row.Get<string>(8), row.Get<string>(9), row.Get<DateTimeOffset>(10), row.IsNull(11) ? null : row.Get<Guid>(11)),
                Ct);
        }

        Assert.Equal([first, reply], await ReadAllAsync(AliceAndBob));
    }

    public override async ValueTask DisposeAsync()
    {
        if (!CassandraServer.IsMissing)
            await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected override async Task<IMessageLog> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _session ??= await server.OpenEmptyAsync("messaging", typeof(MessagingModule).Assembly, Ct);
        return await OpenAnotherAsync();
    }

    private protected override async Task CloseAsync(IMessageLog log) => await ((CqlMessageLog)log).DisposeAsync();

    private async Task<(long, Guid, long, long)> StateAsync()
    {
        var row = (await _session!.ExecuteAsync(
            new CqlStatement("SELECT term, writer, fenced_term, fence FROM messaging_conversations WHERE conversation = ?", AliceAndBob.Value), Ct)).Rows[0];
        return (row.Get<long>(0), row.Get<Guid>(1), row.Get<long>(2), row.Get<long>(3));
    }

    private async Task<CqlMessageLog> OpenAnotherAsync(TimeProvider? clock = null)
    {
        var log = ClusterLogs.Of(_session!, tablesClock: clock);
        await log.OpenAsync(Ct);
        return log;
    }
}

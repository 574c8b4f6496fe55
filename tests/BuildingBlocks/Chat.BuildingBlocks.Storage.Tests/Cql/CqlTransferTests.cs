using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.BuildingBlocks.Storage.Tests.Cql.Fakes.Statements;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>Many requests on one connection, and what may happen to bytes on their way.</summary>
public sealed class CqlTransferTests
{
    private static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Answers_that_come_byte_by_byte_are_whole(int version)
    {
        await using var cluster = new FakeCluster(version: version);
        cluster[0].Torn = true;
        cluster[0].OnStatement = request => Task.FromResult(FakeReply.Text(TextOf(request) + "!"));
        var session = await cluster.ConnectAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => session.ExecuteAsync(Select($"{n}"), Ct)));

        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"{n}!"), results.Select(result => result.Rows[0].Get<string>(0)));
        Assert.All(cluster[0].Statements, request => Assert.Equal(version, request.Version));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Requests_and_answers_larger_than_a_segment_arrive_whole(int version)
    {
        await using var cluster = new FakeCluster(version: version);
        cluster[0].OnStatement = request => Task.FromResult(FakeReply.Text(TextOf(request)));
        var session = await cluster.ConnectAsync();
        var lengths = new[] { 10, 131_000, 131_071, 131_072, 400_000, 30_000, 40_000, 5 };

        var results = await Task.WhenAll(lengths.Select(length => session.ExecuteAsync(Select(new string('x', length)), Ct)));

        Assert.Equal(lengths, results.Select(result => result.Rows[0].Get<string>(0).Length));
    }

    [Fact]
    public async Task Answers_in_any_order_find_their_callers()
    {
        await using var cluster = new FakeCluster();
        var waiting = new List<(string Text, TaskCompletionSource<FakeReply> Reply)>();
        cluster[0].OnStatement = request =>
        {
            var reply = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (waiting)
                waiting.Add((TextOf(request), reply));
            return reply.Task;
        };
        var session = await cluster.ConnectAsync();

        var calls = Enumerable.Range(0, 100).Select(n => session.ExecuteAsync(Select($"{n}"), Ct)).ToList();
        await Wait.UntilAsync(() => { lock (waiting) return waiting.Count == 100; }, "all are asked");
        foreach (var (text, reply) in waiting.AsEnumerable().Reverse())
            reply.SetResult(FakeReply.Text(text));

        var results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 100).Select(n => $"{n}"), results.Select(result => result.Rows[0].Get<string>(0)));
    }

    [Fact]
    public async Task A_node_that_refuses_v5_is_spoken_to_in_v4()
    {
        await using var cluster = new FakeCluster(version: 4);
        var session = await cluster.ConnectAsync();

        await session.ExecuteAsync(Select("a"), Ct);

        Assert.Equal(4, Assert.Single(cluster[0].Statements).Version);
    }

    [Fact]
    public async Task A_wrong_checksum_ends_the_connection_and_a_new_one_is_made()
    {
        await using var cluster = new FakeCluster();
        var session = await cluster.ConnectAsync();
        await session.ExecuteAsync(Select("a"), Ct);

        cluster[0].Mangle = bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];
        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("b"), Ct));
        cluster[0].Mangle = bytes => bytes;

        await Wait.UntilAsync(() => SucceedsAsync(session), "the session is of use again");
    }

    [Fact]
    public async Task Garbage_ends_the_connection_and_no_more()
    {
        await using var cluster = new FakeCluster(version: 4);
        var session = await cluster.ConnectAsync();
        await session.ExecuteAsync(Select("a"), Ct);

        cluster[0].Mangle = bytes => new byte[bytes.Length];
        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("b"), Ct));
        cluster[0].Mangle = bytes => bytes;

        await Wait.UntilAsync(() => SucceedsAsync(session), "the session is of use again");
    }

    [Fact]
    public async Task A_frame_in_order_with_a_body_that_makes_no_sense_is_a_store_that_gave_no_answer()
    {
        await using var cluster = new FakeCluster();
        cluster[0].OnStatement = _ => Task.FromResult(new FakeReply(Opcode.Result, new Wire().Int(2).Int(1).Int(int.MaxValue).Bytes));
        var session = await cluster.ConnectAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("a"), Ct));
    }

    [Fact]
    public async Task Without_an_answer_the_request_ends_in_time_and_its_stream_rests_until_the_answer_comes()
    {
        var clock = new FakeTimeProvider();
        await using var cluster = new FakeCluster();
        var late = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].OnStatement = request => TextOf(request) == "late" ? late.Task : Task.FromResult(FakeReply.Text(TextOf(request)));
        var session = await cluster.ConnectAsync(clock: clock);

        var call = session.ExecuteAsync(Insert("late"), Ct);
        await Wait.UntilAsync(() => cluster[0].Statements.Count == 1, "it is asked");
        await PassAsync(clock, RequestTime, () => session.ExecuteAsync(Select("meanwhile"), Ct));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => call);
        var resting = cluster[0].Statements[0].Stream;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => session.ExecuteAsync(Select($"{n}"), Ct)));
        Assert.DoesNotContain(cluster[0].Statements.Skip(1), request => request.Stream == resting && request.Connection == cluster[0].Statements[0].Connection);

        late.SetResult(FakeReply.Text("for nobody"));
        var calls = 0;
        await Wait.UntilAsync(async () => (await StreamsOfAsync(calls += 60)).Contains(resting), "its stream is used again");

        // More at once than ever before, so that every stream's turn comes which has been in use.
        async Task<IReadOnlyList<int>> StreamsOfAsync(int count)
        {
            var gate = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
            cluster[0].OnStatement = _ => gate.Task;
            var before = cluster[0].Statements.Count;
            var under = Enumerable.Range(0, count).Select(n => session.ExecuteAsync(Select($"{n}"), Ct)).ToList();
            await Wait.UntilAsync(() => cluster[0].Statements.Count == before + count, "all are under way");
            gate.SetResult(FakeReply.Void);
            await Task.WhenAll(under);
            return [.. cluster[0].Statements.Skip(before).Select(request => request.Stream)];
        }
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go_and_the_others_get_their_own_answers()
    {
        await using var cluster = new FakeCluster();
        var late = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].OnStatement = request => TextOf(request) == "late" ? late.Task : Task.FromResult(FakeReply.Text(TextOf(request)));
        var session = await cluster.ConnectAsync();
        using var patience = new CancellationTokenSource();

        var call = session.ExecuteAsync(Select("late"), patience.Token);
        await Wait.UntilAsync(() => cluster[0].Statements.Count == 1, "it is asked");
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        late.SetResult(FakeReply.Text("for nobody"));
        Assert.Equal("own", (await session.ExecuteAsync(Select("own"), Ct)).Rows[0].Get<string>(0));
    }

    [Fact]
    public async Task Requests_beyond_the_connections_streams_wait_for_their_turn()
    {
        await using var cluster = new FakeCluster();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (under, most) = (0, 0);
        cluster[0].OnStatement = async request =>
        {
            var now = Interlocked.Increment(ref under);
            InterlockedMax(ref most, now);
            await gate.Task;
            Interlocked.Decrement(ref under);
            return FakeReply.Text(TextOf(request));
        };
        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", MaxRequestsPerConnection = 4 });

        var calls = Enumerable.Range(0, 20).Select(n => session.ExecuteAsync(Select($"{n}"), Ct)).ToList();
        await Wait.UntilAsync(() => Volatile.Read(ref under) == 4, "four are under way");
        gate.SetResult();

        var results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"{n}"), results.Select(result => result.Rows[0].Get<string>(0)));
        Assert.InRange(most, 1, 4);
    }

    [Theory]
    [InlineData(4, 2048)]
    [InlineData(5, 2048)]
    [InlineData(5, 16)]
    public async Task Under_load_with_callers_that_give_up_every_answer_finds_its_caller(int version, int streams)
    {
        await using var cluster = new FakeCluster(version: version);
        cluster[0].OnStatement = async request =>
        {
            if (Random.Shared.Next(8) == 0)
                await Task.Yield();
            return FakeReply.Text(TextOf(request));
        };
        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", RequestTimeoutMs = 30_000, MaxRequestsPerConnection = streams });

        await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (var n = 0; n < 300; n++)
            {
                var text = $"{caller}/{n}";
                if (n % 10 == 0)
                {
                    using var patience = new CancellationTokenSource();
                    var abandoned = session.ExecuteAsync(Select("abandoned"), patience.Token);
                    await patience.CancelAsync();
                    await Task.WhenAny(abandoned);
                }
                Assert.Equal(text, (await session.ExecuteAsync(Select(text), Ct)).Rows[0].Get<string>(0));
            }
        }, Ct)));
    }

    [Fact]
    public async Task A_caller_that_blocks_its_thread_does_not_keep_the_others_from_their_answers()
    {
        await using var cluster = new FakeCluster();
        var gate = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].OnStatement = _ => gate.Task;
        var session = await cluster.ConnectAsync();
        using var allDone = new CountdownEvent(20);
        var first = true;

        var calls = Enumerable.Range(0, 20).Select(async n =>
        {
            await session.ExecuteAsync(Select($"{n}"), Ct);
            allDone.Signal();
            if (Interlocked.Exchange(ref first, false))
                Assert.True(allDone.Wait(TimeSpan.FromSeconds(60), Ct));
        }).ToList();
        await Wait.UntilAsync(() => cluster[0].Statements.Count == 20, "all are asked");
        gate.SetResult(FakeReply.Void);

        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_at_once()
    {
        await using var cluster = new FakeCluster();
        cluster[0].OnStatement = _ => Task.FromResult(FakeReply.Never);
        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", MaxRequestsPerConnection = 1 });
        var first = session.ExecuteAsync(Insert("0"), Ct);
        await Wait.UntilAsync(() => cluster[0].Statements.Count == 1, "one is under way");

        var waiting = Enumerable.Range(0, 8).Select(n => session.ExecuteAsync(Insert($"{n}"), Ct)).ToList();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("one too many"), Ct));

        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        cluster[0].DropConnections();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
    }

    /// <summary>Lets time pass in small steps, with <paramref name="meanwhile"/> done at each, so that the node is heard of.</summary>
    private static async Task PassAsync(FakeTimeProvider clock, TimeSpan time, Func<Task> meanwhile)
    {
        for (var passed = TimeSpan.Zero; passed <= time; passed += TimeSpan.FromSeconds(1))
        {
            await meanwhile();
            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static async Task<bool> SucceedsAsync(CqlSession session)
    {
        try
        {
            await session.ExecuteAsync(Select("again"), Ct);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen;)
            seen = Interlocked.CompareExchange(ref most, now, seen) is var was && was == seen ? now : was;
    }
}

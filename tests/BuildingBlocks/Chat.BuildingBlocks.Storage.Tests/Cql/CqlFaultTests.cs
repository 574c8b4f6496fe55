using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using Chat.Testing;
using Microsoft.Extensions.Time.Testing;
using static Chat.BuildingBlocks.Storage.Tests.Cql.Fakes.Statements;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>Nodes that fail: what is tried again elsewhere, and what must not be.</summary>
public sealed class CqlFaultTests
{
    // consistency, received, blocked for; with the kind of write behind it in a write's timeout.
    private static readonly byte[] Counts = new Wire().Short(6).Int(1).Int(2).Bytes;
    private static readonly byte[] Written = new Wire().Short(6).Int(1).Int(2).String("SIMPLE").Bytes;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<int, byte[]> Transient => new()
    {
        { CqlErrorCodes.ServerError, [] },
        { CqlErrorCodes.Unavailable, Counts },
        { CqlErrorCodes.Overloaded, [] },
        { CqlErrorCodes.WriteTimeout, Written },
        { CqlErrorCodes.ReadTimeout, [.. Counts, 0] },
        { CqlErrorCodes.CasWriteUnknown, Counts },
    };

    [Theory]
    [MemberData(nameof(Transient))]
    public async Task The_clusters_trouble_is_tried_elsewhere_where_twice_does_no_harm(int code, byte[] more)
    {
        await using var cluster = new FakeCluster(nodes: 2);
        var asked = new List<FakeNode>();
        foreach (var node in cluster.Nodes)
        {
            node.OnStatement = request =>
            {
                lock (asked)
                    asked.Add(node);
                return Task.FromResult(asked.Count == 1 ? FakeReply.Error(code, more) : FakeReply.Text("second"));
            };
        }
        var session = await ConnectAsync(cluster);

        var result = await session.ExecuteAsync(Select("a"), Ct);

        Assert.Equal("second", result.Rows[0].Get<string>(0));
        Assert.Equal(2, asked.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Transient))]
    public async Task The_clusters_trouble_is_told_where_twice_might_do_harm(int code, byte[] more)
    {
        await using var cluster = new FakeCluster(nodes: 2);
        foreach (var node in cluster.Nodes)
            node.OnStatement = _ => Task.FromResult(FakeReply.Error(code, more));
        var session = await ConnectAsync(cluster);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("a"), Ct));

        Assert.Contains("as scripted", failure.Message, StringComparison.Ordinal);
        Assert.Single(cluster.Nodes.SelectMany(node => node.Statements));
    }

    [Fact]
    public async Task With_one_node_its_trouble_is_not_made_worse_by_trying_again()
    {
        await using var cluster = new FakeCluster();
        cluster[0].OnStatement = _ => Task.FromResult(FakeReply.Error(CqlErrorCodes.Overloaded));
        var session = await ConnectAsync(cluster);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Select("a"), Ct));

        Assert.Single(cluster[0].Statements);
    }

    [Fact]
    public async Task A_mistake_is_not_tried_again()
    {
        await using var cluster = new FakeCluster(nodes: 2);
        foreach (var node in cluster.Nodes)
            node.OnStatement = _ => Task.FromResult(FakeReply.Error(CqlErrorCodes.Invalid));
        var session = await ConnectAsync(cluster);

        var mistake = await Assert.ThrowsAsync<CqlException>(() => session.ExecuteAsync(Select("a"), Ct));

        Assert.Equal(CqlErrorCodes.Invalid, mistake.Code);
        Assert.Single(cluster.Nodes.SelectMany(node => node.Statements));
    }

    [Fact]
    public async Task With_its_connection_lost_what_is_idempotent_is_done_on_another_node()
    {
        await using var cluster = new FakeCluster(nodes: 2);
        var drops = 0;
        foreach (var node in cluster.Nodes)
            node.OnStatement = _ => Task.FromResult(Interlocked.Increment(ref drops) == 1 ? FakeReply.Drop : FakeReply.Text("second"));
        var session = await ConnectAsync(cluster);

        var result = await session.ExecuteAsync(Select("a"), Ct);

        Assert.Equal("second", result.Rows[0].Get<string>(0));
        Assert.All(cluster.Nodes, node => Assert.Single(node.Statements));
    }

    [Fact]
    public async Task With_its_connection_lost_what_is_not_idempotent_may_have_happened_and_is_not_done_again()
    {
        await using var cluster = new FakeCluster(nodes: 2);
        foreach (var node in cluster.Nodes)
            node.OnStatement = _ => Task.FromResult(FakeReply.Drop);
        var session = await ConnectAsync(cluster);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteAsync(Insert("a"), Ct));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.ExecuteBatchAsync([Select("a"), Insert("a")], Ct));

        Assert.Equal(2, cluster.Nodes.Sum(node => node.Statements.Count));
    }

    [Fact]
    public async Task With_one_node_an_idempotent_statement_waits_for_the_new_connection()
    {
        await using var cluster = new FakeCluster();
        var drops = 0;
        cluster[0].OnStatement = _ => Task.FromResult(Interlocked.Increment(ref drops) == 1 ? FakeReply.Drop : FakeReply.Text("second"));
        var session = await ConnectAsync(cluster);

        var result = await session.ExecuteAsync(Select("a"), Ct);

        Assert.Equal("second", result.Rows[0].Get<string>(0));
    }

    [Fact]
    public async Task A_statement_that_the_node_has_forgotten_is_prepared_again()
    {
        await using var cluster = new FakeCluster();
        cluster[0].OnStatement = request => Task.FromResult(FakeReply.Text(TextOf(request)));
        var session = await ConnectAsync(cluster);
        await session.ExecuteAsync(Select("a"), Ct);

        cluster[0].Forget();
        var one = await session.ExecuteAsync(Select("b"), Ct);
        cluster[0].Forget();
        await session.ExecuteBatchAsync([Select("c"), Select("d")], Ct);

        Assert.Equal("b", one.Rows[0].Get<string>(0));
        Assert.Equal(3, cluster[0].Requests.Count(request => request.Opcode == Opcode.Prepare));
    }

    [Fact]
    public async Task A_silent_node_is_given_up_in_half_the_time_and_another_asked_in_the_other_half()
    {
        var clock = new FakeTimeProvider();
        await using var cluster = new FakeCluster(nodes: 2);
        FakeNode? silent = null;
        foreach (var node in cluster.Nodes)
        {
            node.OnStatement = _ => Task.FromResult(Interlocked.CompareExchange(ref silent, node, null) is null || silent == node ? FakeReply.Never : FakeReply.Text("other"));
            node.OnRequest = request => silent == node && request.Opcode is Opcode.Options ? FakeReply.Never : null;
        }
        var session = await ConnectAsync(cluster, clock);

        var call = session.ExecuteAsync(Select("a"), Ct);
        await Wait.UntilAsync(() => silent is not null, "it is asked");
        for (var seconds = 0; seconds < 12 && !call.IsCompleted; seconds++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("other", (await call).Rows[0].Get<string>(0));
        var before = silent!.Statements.Count;
        for (var n = 0; n < 10; n++)
            await session.ExecuteAsync(Select($"{n}"), Ct);
        Assert.Equal(before, silent.Statements.Count);
    }

    [Fact]
    public async Task A_slow_statement_is_not_taken_for_a_silent_node()
    {
        var clock = new FakeTimeProvider();
        await using var cluster = new FakeCluster();
        var slow = new TaskCompletionSource<FakeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].OnStatement = request => TextOf(request) == "a" ? slow.Task : Task.FromResult(FakeReply.Void);
        var session = await ConnectAsync(cluster, clock);

        var call = session.ExecuteAsync(Insert("a"), Ct);
        await Wait.UntilAsync(() => cluster[0].Statements.Count == 1, "it is asked");
        var connection = cluster[0].Statements[0].Connection;
        for (var seconds = 1; seconds < 20; seconds++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));

            // After a quarter of its time without a word the node is asked for a sign of life, and gives it. The other answer only makes sure that this one has come.
            if (seconds is 6 or 13)
            {
                await Wait.UntilAsync(() => Probes() >= seconds / 6, "it is asked for a sign of life");
                await session.ExecuteAsync(Select("b"), Ct);
            }
        }
        slow.SetResult(FakeReply.Void);

        Assert.Empty((await call).Rows);

        int Probes() => cluster[0].Requests.Count(request => request.Opcode == Opcode.Options && request.Connection == connection);
    }

    [Fact]
    public async Task Without_a_node_the_session_says_so_at_once_and_is_of_use_when_one_is_back()
    {
        await using var cluster = new FakeCluster();
        var session = await ConnectAsync(cluster);
        cluster[0].OnRequest = _ => FakeReply.Drop;
        cluster[0].DropConnections();

        await Wait.UntilAsync(async () => await FailsAsync(session), "the loss is noticed");
        cluster[0].OnRequest = _ => null;

        await Wait.UntilAsync(async () => !await FailsAsync(session), "it is connected again");
    }

    [Fact]
    public async Task Ending_the_session_ends_what_is_under_way()
    {
        await using var cluster = new FakeCluster();
        cluster[0].OnStatement = _ => Task.FromResult(FakeReply.Never);
        var session = await ConnectAsync(cluster);
        var call = session.ExecuteAsync(Insert("a"), Ct);
        await Wait.UntilAsync(() => cluster[0].Statements.Count == 1, "it is asked");

        await session.DisposeAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => call);
        await Wait.UntilAsync(() => cluster[0].OpenConnections == 0, "no connection is left");
    }

    private static Task<CqlSession> ConnectAsync(FakeCluster cluster, TimeProvider? clock = null)
    {
        // Every node has every token: which one is asked is the session's choice.
        cluster.Copies = cluster.Nodes.Count;
        return cluster.ConnectAsync(clock: clock);
    }

    private static async Task<bool> FailsAsync(CqlSession session)
    {
        try
        {
            await session.ExecuteAsync(Select("a"), Ct);
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }
}

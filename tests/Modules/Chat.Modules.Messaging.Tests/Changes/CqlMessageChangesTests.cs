using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Changes;

/// <summary>The clustered log on a real server.</summary>
public sealed class CqlMessageChangesTests(CassandraServer server) : MessageChangesContract, IClassFixture<CassandraServer>
{
    private ICqlSession? _session;

    [Fact]
    public async Task Servers_that_change_one_message_at_once_end_with_one_state()
    {
        const int each = 30;
        await using var other = await OpenAnotherAsync(_session!);
        var message = await SayAsync(Alice, "message");

        var answers = await Task.WhenAll(Enumerable.Range(0, each).SelectMany(n => new[]
        {
            Log.AppendChangeAsync(message.React(Alice, $"a{n}", "👍", on: n % 2 == 0), Ct),
            other.AppendChangeAsync(message.React(Alice, $"b{n}", "👍", on: n % 2 == 1), Ct),
            other.AppendChangeAsync(message.React(Bob, $"c{n}", n % 3 == 0 ? "🎉" : "👍"), Ct),
        }));

        var read = await ReadAllAsync();
        Assert.Equal(read, await other.ReadAfterAsync(AliceAndBob, default, 1_000, Ct));
        Assert.Equal(Folding.Fold(read), Folding.StatesOf(read));
        Assert.All(answers.Where(answer => answer.IsOk), answer => Assert.Contains(answer.Value.Message.Id, read.Select(entry => entry.Id)));
        Assert.Equal(read.Count - 1, answers.Where(answer => answer is { IsOk: true, Value.Duplicate: false }).Select(answer => answer.Value.Message.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_page_costs_the_same_however_much_was_changed_on_it()
    {
        var messages = new List<LoggedMessage>();
        for (var n = 0; n < 50; n++)
            messages.Add(await SayAsync(Alice, $"{n}"));
        var sent = 0;
        await using var reader = await OpenAnotherAsync(new FaultyCqlSession(_session!, _ =>
        {
            Interlocked.Increment(ref sent);
            return Task.FromResult(CqlFault.None);
        }));
        var plain = await CostOfPageAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Log.AppendChangeAsync(messages[n % 50].React(n % 2 == 0 ? Alice : Bob, $"r{n}", n < 100 ? "👍" : "🎉"), Ct)));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Log.AppendChangeAsync(messages[n].Edit(Alice, $"e{n}", $"edit {n}"), Ct)));
        // Until the versions are settled.
        await Wait.UntilAsync(async () => await CostOfPageAsync() == plain + 1, "the states of a page are read with one request");

        sent = 0;
        Assert.Equal(25, (await reader.ReadOwnReactionsAsync(AliceAndBob, [.. messages.Select(message => message.SeqNo)], Bob, Ct)).Count);
        Assert.Equal(1, sent);

        async Task<int> CostOfPageAsync()
        {
            // What it has not known of the conversation is not of the page.
            await reader.GetHeadAsync(AliceAndBob, Ct);
            sent = 0;
            Assert.Equal(50, (await reader.ReadAfterAsync(AliceAndBob, default, new ReadLimit(50, 256 * 1024 * 8), Ct)).Count);
            return sent;
        }
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
        return await OpenAnotherAsync(_session);
    }

    private protected override async Task CloseAsync(IMessageLog log) => await ((CqlMessageLog)log).DisposeAsync();

    private static async Task<CqlMessageLog> OpenAnotherAsync(ICqlSession session)
    {
        var log = ClusterLogs.Of(session);
        await log.OpenAsync(Ct);
        return log;
    }
}

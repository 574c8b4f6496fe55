using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

public sealed class ContestedOrderTests
{
    [Fact]
    public void A_device_s_messages_stay_behind_one_that_another_host_may_be_appending()
    {
        var time = new VirtualTime(seed: 1);
        var tables = new VirtualTables(time);
        var log = ClusterLogs.Of(tables, time, new Random(1));

        AppendedMessage[] appended = [];
        var sent = new VirtualProcess(time).Start(async () =>
        {
            var before = await log.AppendAsync(Draft(AliceAndBob, Bob, "first"), CancellationToken.None);
            // Of a host that has died since, or is slow: nobody can tell.
            await tables.WriteClaimAsync(
                new Claim(AttemptKey.NewId(AttemptKey.Of(Alice, "1"), Activity.At(Now)), Term: 1, Alice, "1", AliceAndBob, before.Message.SeqNo), CancellationToken.None);
            appended = await Task.WhenAll(
                log.AppendAsync(Draft(AliceAndBob, Alice, "1"), CancellationToken.None),
                log.AppendAsync(Draft(AliceAndBob, Alice, "2"), CancellationToken.None),
                log.AppendAsync(Draft(AliceAndBob, Bob, "2"), CancellationToken.None),
                log.AppendAsync(Draft(AliceAndBob, Alice, "3"), CancellationToken.None));
            return true;
        });
        time.RunUntilDone(sent);

        var alices = appended.Where(append => append.Message.Sender.User == Alice).Select(append => append.Message.SeqNo).ToList();
        Assert.Equal(alices.Order(), alices);
        Assert.All(appended, append => Assert.False(append.Duplicate));
        Assert.Equal(0, log.Waiting);
    }

    // Its claim was given up, and made again in the same term behind the same message: it is the one that counts.
    [Fact]
    public void An_attempt_that_was_contested_and_is_then_counted_in_by_another_term_is_one_message()
    {
        var time = new VirtualTime(seed: 1);
        var tables = new VirtualTables(time);
        var log = ClusterLogs.Of(tables, time, new Random(1));
        var elsewhere = ConversationId.NewGroup();
        var key = AttemptKey.Of(Alice, "1");

        IReadOnlyList<LoggedMessage> stored = [];
        var sent = new VirtualProcess(time).Start(async () =>
        {
            await log.AppendAsync(Draft(Team, Bob, "first"), CancellationToken.None);
            // The same attempt elsewhere, where another host has begun a term and not said yet from where.
            var old = new LoggedMessage(AttemptKey.NewId(1, Activity.At(Now)), elsewhere, new SeqNo(1), Bob.Phone(), "old", MessageContent.Of("old"), Now);
            tables.Seed(old);
            await tables.WriteRowsAsync(1, [old with { Id = AttemptKey.NewId(2, Activity.At(Now)), SeqNo = new SeqNo(2), ClientMsgId = "lost" }], CancellationToken.None);
            await tables.BeginTermAsync(elsewhere, 1, Guid.Empty, TimeSpan.Zero, CancellationToken.None);
            await tables.WriteClaimAsync(new Claim(AttemptKey.NewId(key, Activity.At(Now)), Term: 1, Alice, "1", elsewhere, new SeqNo(1)), CancellationToken.None);
            tables.AfterRows = async rows =>
            {
                await tables.BeginTermAsync(Team, 1, Guid.Empty, TimeSpan.Zero, CancellationToken.None);
                await tables.SetFenceAsync(Team, 2, rows[^1].SeqNo, CancellationToken.None);
            };

            var append = log.AppendAsync(Draft(Team, Alice, "1"), CancellationToken.None);
            await time.After(TimeSpan.FromMilliseconds(30));
            await tables.SetFenceAsync(elsewhere, 2, new SeqNo(1), CancellationToken.None);
            await append;
            stored = await log.ReadAfterAsync(Team, SeqNo.None, 10, CancellationToken.None);
            return true;
        });
        time.RunUntilDone(sent);

        Assert.Equal(["first", "1"], stored.Select(message => message.ClientMsgId));
    }
}

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
}

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

    // One that came while the first was being claimed, whose contest is over before this one's own claim is made.
    [Fact]
    public void A_message_that_came_during_the_claim_stays_behind_however_soon_the_contest_is_over()
    {
        var contest = new Contest(Alice, "1");
        AppendedMessage[] appended = [];
        contest.Run(async log =>
        {
            await log.AppendAsync(Draft(Team, Bob, "first"), CancellationToken.None);
            await contest.BeginAsync();
            contest.EndsBefore($"claims {AttemptKey.Of(Alice, "2")}");
            var first = log.AppendAsync(Draft(Team, Alice, "1"), CancellationToken.None);
            await contest.Time.After(TimeSpan.FromMilliseconds(1));
            appended = await Task.WhenAll(first, log.AppendAsync(Draft(Team, Alice, "2"), CancellationToken.None));
        });

        Assert.True(appended[0].Message.SeqNo < appended[1].Message.SeqNo);
    }

    // Claimed together, with another user's in between that takes long to judge.
    [Fact]
    public void A_message_of_the_same_batch_stays_behind_however_soon_the_contest_is_over()
    {
        var contest = new Contest(Alice, "1");
        var slow = ConversationId.NewGroup();
        AppendedMessage[] appended = [];
        contest.Run(async log =>
        {
            var before = await log.AppendAsync(Draft(Team, Bob, "first"), CancellationToken.None);
            await contest.BeginAsync();
            await contest.Tables.WriteClaimAsync(
                new Claim(AttemptKey.NewId(AttemptKey.Of(Bob, "1"), Activity.At(Now)), Term: 1, Bob, "1", slow, before.Message.SeqNo), CancellationToken.None);
            contest.EndsBefore($"state {slow}");
            var busy = log.AppendAsync(Draft(Team, Bob, "busy"), CancellationToken.None);
            appended = await Task.WhenAll(
                log.AppendAsync(Draft(Team, Alice, "1"), CancellationToken.None),
                log.AppendAsync(Draft(Team, Bob, "1"), CancellationToken.None),
                log.AppendAsync(Draft(Team, Alice, "2"), CancellationToken.None));
            await busy;
        });

        Assert.True(appended[0].Message.SeqNo < appended[2].Message.SeqNo);
    }

    // Its row is written and does not count, as another server has begun a term meanwhile; the contest goes on.
    [Fact]
    public void An_earlier_message_whose_term_was_lost_stays_before_a_contested_one()
    {
        var contest = new Contest(Alice, "2");
        AppendedMessage[] appended = [];
        contest.Run(async log =>
        {
            await log.AppendAsync(Draft(Team, Bob, "first"), CancellationToken.None);
            await contest.BeginAsync();
            var busy = log.AppendAsync(Draft(Team, Bob, "busy"), CancellationToken.None);
            Task<AppendedMessage>[] appending =
                [log.AppendAsync(Draft(Team, Alice, "1"), CancellationToken.None), log.AppendAsync(Draft(Team, Alice, "2"), CancellationToken.None)];
            await busy;
            contest.Tables.AfterRows = async rows =>
            {
                await contest.Tables.BeginTermAsync(Team, 1, Guid.Empty, TimeSpan.Zero, CancellationToken.None);
                await contest.Tables.SetFenceAsync(Team, 2, new SeqNo(rows[0].SeqNo.Value - 1), CancellationToken.None);
            };
            appended = await Task.WhenAll(appending);
        });

        Assert.True(appended[0].Message.SeqNo < appended[1].Message.SeqNo);
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

    /// <summary>One attempt is claimed in another conversation as well, whose term's fence is not set: nobody can tell whether its message is there.</summary>
    private sealed class Contest
    {
        private readonly ConversationId _elsewhere = ConversationId.NewGroup();
        private readonly UserId _user;
        private readonly string _clientMsgId;

        public Contest(UserId user, string clientMsgId)
        {
            (_user, _clientMsgId) = (user, clientMsgId);
            Time = new VirtualTime(seed: 1);
            Tables = new VirtualTables(Time);
        }

        public VirtualTime Time { get; }

        public VirtualTables Tables { get; }

        public async Task BeginAsync()
        {
            Tables.Seed(new LoggedMessage(
                AttemptKey.NewId(1, Activity.At(Now)), _elsewhere, new SeqNo(1), Bob.Phone(), "old", MessageContent.Of("old"), Now));
            await Tables.WriteClaimAsync(
                new Claim(AttemptKey.NewId(AttemptKey.Of(_user, _clientMsgId), Activity.At(Now)), Term: 1, _user, _clientMsgId, _elsewhere, new SeqNo(1)),
                CancellationToken.None);
        }

        /// <summary>Sets the fence, and gives everybody time to see it, before this partition is next used.</summary>
        public void EndsBefore(string partition) => Tables.Before = async used =>
        {
            if (used != partition)
                return;
            Tables.Before = null;
            await Tables.BeginTermAsync(_elsewhere, 1, Guid.Empty, TimeSpan.Zero, CancellationToken.None);
            await Tables.SetFenceAsync(_elsewhere, 2, new SeqNo(1), CancellationToken.None);
            await Time.After(TimeSpan.FromMilliseconds(100));
        };

        public void Run(Func<CqlMessageLog, Task> work)
        {
            var log = ClusterLogs.Of(Tables, Time, new Random(1));
            Time.RunUntilDone(new VirtualProcess(Time).Start(async () =>
            {
                await work(log);
                return true;
            }));
        }
    }
}

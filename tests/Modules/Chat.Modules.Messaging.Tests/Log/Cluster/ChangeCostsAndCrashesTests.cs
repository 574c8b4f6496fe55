using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>What appends ask of the database with changes and without, and what is erased when the server dies; in virtual time.</summary>
public sealed class ChangeCostsAndCrashesTests
{
    private readonly VirtualTime _time = new(seed: 1);
    private readonly VirtualTables _tables;

    public ChangeCostsAndCrashesTests() => _tables = new VirtualTables(_time);

    [Fact]
    public void A_message_makes_the_requests_that_it_made_without_changes()
    {
        List<string> alone = [], withChanges = [], change = [];
        Run(async server =>
        {
            var log = server.Log;
            var message = (await log.AppendAsync(Draft(Team, Alice, "first"), default)).Message;
            alone = await AskedAsync(() => log.AppendAsync(Draft(Team, Alice, "second"), default));
            await log.AppendChangeAsync(message.React(Bob, "third", "👍"), default);
            await _time.After(TimeSpan.FromSeconds(1));
            withChanges = await AskedAsync(() => log.AppendAsync(Draft(Team, Alice, "fourth"), default));
            change = await AskedAsync(() => log.AppendChangeAsync(message.React(Alice, "fifth", "👍"), default));
        });

        Assert.Equal(["claims", "claims", "rows", "state"], alone);
        Assert.Equal(alone, withChanges);
        // The message, its state, the user's reactions; the new state; and, after the answer, that it counts.
        Assert.Equal(["claims", "claims", "rows", "changes", "changes", "changes", "rows", "state", "changes"], change);
    }

    [Fact]
    public void A_message_in_a_thread_costs_what_a_change_does_and_its_places()
    {
        List<string> first = [], mention = [], plain = [];
        Run(async server =>
        {
            var log = server.Log;
            var root = (await log.AppendAsync(Draft(Team, Alice, "first"), default)).Message;
            var inThread = Draft(Team, Bob, "second") with { Content = MessageContent.Of("in") with { Thread = Folding.TargetOf(root) } };
            await log.AppendAsync(inThread, default);
            await _time.After(TimeSpan.FromSeconds(1));
            first = await AskedAsync(() => log.AppendAsync(inThread with { ClientMsgId = "third" }, default));
            mention = await AskedAsync(() => log.AppendAsync(Draft(Team, Bob, "fourth") with { Content = MessageContent.Of("hi") with { Mentions = Mentions.Of([Alice, Carol]) } }, default));
            plain = await AskedAsync(() => log.AppendAsync(Draft(Team, Alice, "fifth"), default));
        });

        Assert.Equal(["claims", "claims", "rows", "state"], plain);
        Assert.Equal(["claims", "claims", "mentions", "rows", "state"], mention);
        // The message that began it and its state; the new state, and the two places; and, after the answer, that it counts.
        Assert.Equal(["changes", "changes", "changes", "claims", "claims", "rows", "rows", "state", "thread", "threads"], first.Order());
    }

    [Fact]
    public void A_timer_costs_what_a_change_does_and_a_message_under_it_its_place_among_what_expires()
    {
        List<string> plain = [], first = [], again = [], message = [], other = [];
        Run(async server =>
        {
            var log = server.Log;
            await log.AppendAsync(Draft(Team, Alice, "1"), default);
            plain = await AskedAsync(() => log.AppendAsync(Draft(Team, Alice, "2"), default));
            first = await AskedAsync(() => log.AppendChangeAsync(Timer("3", 60), default));
            again = await AskedAsync(() => log.AppendChangeAsync(Timer("4", 120), default));
            message = await AskedAsync(() => log.AppendAsync(Draft(Team, Alice, "5"), default));
            await log.AppendChangeAsync(Timer("6", 0), default);
            await _time.After(TimeSpan.FromSeconds(1));
            other = await AskedAsync(() => log.AppendAsync(Draft(Team, Alice, "7"), default));
        });

        Assert.Equal(["claims", "claims", "rows", "state"], plain);
        Assert.Equal(plain, other);
        Assert.Equal(["changes", "changes", "changes", "claims", "claims", "rows", "state"], again.Order());
        // The mark that the conversation has timers, and that the term still lasts.
        Assert.Equal(((string[])[.. again, "state", "state"]).Order(), first.Order());
        Assert.Equal(["claims", "claims", "expiries", "rows", "state"], message);

        static MessageDraft Timer(string id, int seconds) =>
            new(Team, Alice.Phone(), id, new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = seconds }, Now);
    }

    [Fact]
    public void A_conversation_of_reactions_is_read_with_as_many_requests_however_many_there_are()
    {
        var costs = new List<List<string>>();
        Run(async server =>
        {
            var log = server.Log;
            var message = (await log.AppendAsync(Draft(Team, Alice, "first"), default)).Message;
            foreach (var (from, to) in new[] { (0, 200), (200, 2_000) })
            {
                await Task.WhenAll(Enumerable.Range(from, to - from).Select(n => log.AppendChangeAsync(message.React(UserId.Parse($"user{n}"), "1", "👍"), default)));
                var last = (await log.AppendAsync(Draft(Team, Alice, $"after {to}"), default)).Message;
                // Until what was written counts for certain.
                await log.ReadReactionsAsync(Team, message.SeqNo, null, null, to, default);
                await _time.After(TimeSpan.FromSeconds(1));
                // What it has not known of the conversation is not of the page.
                await log.ReadBeforeAsync(Team, last.SeqNo, new ReadLimit(50, 1 << 20), default);
                costs.Add(
                [
                    .. await AskedAsync(() => log.ReadBeforeAsync(Team, last.SeqNo, new ReadLimit(50, 1 << 20), default).AsTask()),
                    "|", .. await AskedAsync(() => log.ReadAtAsync(Team, [message.SeqNo], default).AsTask()),
                    "|", .. await AskedAsync(() => log.ReadNewestAsync([Team], default).AsTask()),
                    "|", .. await AskedAsync(() => log.CountOthersAsync(Team, Bob, new SeqNo(last.SeqNo.Value - 2), last.SeqNo, 100, default).AsTask()),
                    "|", .. await AskedAsync(() => log.ReadReactionsAsync(Team, message.SeqNo, null, null, 50, default).AsTask()),
                    "|", .. await AskedAsync(() => log.AppendChangeAsync(message.React(Bob, $"bob {to}", $"emoji {to}"), default)),
                ]);
            }
        });

        Assert.Equal(costs[0], costs[1]);
        Assert.InRange(costs[0].Count, 10, 30);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_deleted_message_said_is_erased_though_its_server_dies(bool beforeTheAnswer)
    {
        var server = StartServer();
        var message = default(LoggedMessage);
        var edit = default(LoggedMessage);
        _time.RunUntilDone(server.Process.Start(async () =>
        {
            await server.Follower.SaveAsync(default);
            message = (await server.Log.AppendAsync(Draft(Team, Alice, "1", "secret"), default)).Message;
            edit = (await server.Log.AppendChangeAsync(message.Edit(Alice, "2", "secret again"), default)).Value.Message;
            await server.Log.AppendChangeAsync(message.React(Bob, "3", "👍"), default);
            return true;
        }));
        if (beforeTheAnswer)
            _tables.AfterRows = _ => Die();
        else
            _tables.Before = partition => partition.StartsWith("claims", StringComparison.Ordinal) && server.Log.Erasures.AreDone is false ? Die() : Task.CompletedTask;
        var deleting = server.Process.Start(() => server.Log.AppendChangeAsync(message!.Delete(Alice, "4"), default));
        var outside = new VirtualProcess(_time);
        _time.RunUntilDone(outside.Start(async () =>
        {
            while (!server.Process.IsDead)
                await _time.After(TimeSpan.FromMilliseconds(10));
            return true;
        }));
        Assert.Equal(beforeTheAnswer, !deleting.IsCompleted);
        (_tables.Before, _tables.AfterRows) = (null, null);
        Assert.Contains("secret", TextsOnDisk(message!.SeqNo, edit!.SeqNo));

        var other = StartServer();
        _time.RunUntilDone(other.Process.Start(async () =>
        {
            await _time.After(TimeSpan.FromMinutes(4));
            await other.Follower.CatchUpAsync(default);
            while (!other.Log.Erasures.AreDone)
                await _time.After(TimeSpan.FromMilliseconds(10));
            await other.Follower.SaveAsync(default);
            Assert.Empty(await other.Feed.FindUnfinishedAsync("erasures", default));
            Assert.NotNull((await other.Log.ReadAtAsync(Team, [message.SeqNo], default))[0]!.State?.Deletion);
            Assert.Empty((await other.Log.ReadReactionsAsync(Team, message.SeqNo, null, null, 10, default)).Found);
            return true;
        }));
        Assert.Equal("", TextsOnDisk(message.SeqNo, edit.SeqNo));

        Task Die()
        {
            server.Process.Kill();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public void What_a_deleted_message_said_is_not_kept_as_what_was_before_its_deletion()
    {
        SeqNo[] places = [];
        var wereDone = true;
        Run(async server =>
        {
            var message = (await server.Log.AppendAsync(Draft(Team, Alice, "1", "secret"), default)).Message;
            var edit = (await server.Log.AppendChangeAsync(message.Edit(Alice, "2", "secret again"), default)).Value.Message;
            places = [message.SeqNo, edit.SeqNo];
            await _time.After(TimeSpan.FromSeconds(1));

            _tables.CanSettle = false;
            await server.Log.AppendChangeAsync(message.Delete(Alice, "3"), default);
            await _time.After(TimeSpan.FromSeconds(5));
            wereDone = server.Log.Erasures.AreDone;
            _tables.CanSettle = true;
            server.Log.Erasures.Retry();
            while (!server.Log.Erasures.AreDone)
                await _time.After(TimeSpan.FromMilliseconds(10));
        });

        Assert.False(wereDone);
        Assert.Equal("", TextsOnDisk(places));
    }

    [Fact]
    public void Who_had_reacted_to_a_deleted_message_is_not_told_though_its_server_died_before_it_removed_that()
    {
        var server = StartServer();
        var message = default(LoggedMessage);
        _time.RunUntilDone(server.Process.Start(async () =>
        {
            message = (await server.Log.AppendAsync(Draft(Team, Alice, "1", "secret"), default)).Message;
            await server.Log.AppendChangeAsync(message.React(Bob, "2", "👍"), default);
            return true;
        }));
        _tables.AfterRows = _ =>
        {
            server.Process.Kill();
            return Task.CompletedTask;
        };
        _ = server.Process.Start(() => server.Log.AppendChangeAsync(message!.Delete(Alice, "3"), default));
        _time.RunUntilDone(new VirtualProcess(_time).Start(async () =>
        {
            while (!server.Process.IsDead)
                await _time.After(TimeSpan.FromMilliseconds(10));
            return true;
        }));
        _tables.AfterRows = null;

        var other = StartServer();
        var mediator = new FakeMediator().Answer<GetMembershipAsReader, Membership?>(_ => new Membership(SeqNo.None, SeqNo.None));
        var get = new GetReactionsHandler(other.Log, new ChangedMessages(other.Log, mediator));
        _time.RunUntilDone(other.Process.Start(async () =>
        {
            Assert.NotNull((await other.Log.ReadAtAsync(Team, [message!.SeqNo], default))[0]!.State?.Deletion);
            Assert.NotEmpty((await other.Log.ReadReactionsAsync(Team, message.SeqNo, null, null, 10, default)).Found);
            Assert.Empty((await get.Handle(new GetReactions(Bob.Phone(), Team, message.Id, null, 10, null), default)).Value.Reactions);
            return true;
        }));
    }

    [Fact]
    public void What_a_reaction_is_judged_by_is_of_one_moment_though_another_device_of_its_user_is_faster()
    {
        Verdict? verdict = null;
        Run(async server =>
        {
            var message = (await server.Log.AppendAsync(Draft(Team, Alice, "1"), default)).Message;
            await server.Log.AppendChangeAsync(message.React(Bob, "2", "👍"), default);
            await _time.After(TimeSpan.FromSeconds(1));
            var reads = 0;
            // Between the read of the user's reactions and that of the message's state.
            _tables.Before = async partition =>
            {
                if (!partition.StartsWith("changes", StringComparison.Ordinal) || ++reads < 2)
                    return;
                _tables.Before = null;
                await server.Log.AppendChangeAsync(message.React(Bob, "3", "👍", on: false), default);
            };
            var takeBack = message.React(Bob, "4", "👍", on: false);

            verdict = ChangeJudge.Judge((await server.Log.ReadFactsAsync(takeBack, default))!, takeBack, new SeqNo(9), ChangeLimits.Default);
        });

        Assert.Equal(new AlreadySo(new SeqNo(3)), verdict);
    }

    private string TextsOnDisk(params SeqNo[] seqNos)
    {
        var reader = new VirtualProcess(_time);
        var read = reader.Start(async () =>
        {
            var rows = await _tables.ReadAtAsync(Team, 0, seqNos, default);
            var states = await _tables.ReadStateVersionsAsync(Team, seqNos, default);
            return string.Join(' ', rows.Select(row => $"{row.Message.Content.Text}")
                .Concat(states.SelectMany(version => new[] { version.State, version.Base }).Select(state => $"{state?.Edit?.Text}"))).Trim();
        });
        _time.RunUntilDone(read);
        return read.GetAwaiter().GetResult();
    }

    private void Run(Func<Server, Task> work)
    {
        var server = StartServer();
        _time.RunUntilDone(server.Process.Start(async () =>
        {
            await work(server);
            return true;
        }));
    }

    private async Task<List<string>> AskedAsync(Func<Task> work)
    {
        var asked = new List<string>();
        _tables.Before = partition =>
        {
            asked.Add(partition.Split(' ')[0]);
            return Task.CompletedTask;
        };
        await work();
        await _time.After(TimeSpan.FromMilliseconds(200));
        _tables.Before = null;
        return asked;
    }

    private Server StartServer()
    {
        var touches = new TouchWriter(_tables, _tables, ClusterTimes.Default, _time, new Random(_time.Random.Next()));
        var log = ClusterLogs.Of(_tables, touches, _time, new Random(_time.Random.Next()));
        var feed = new CqlChangeFeed(
            _tables, touches, log, Appends.UnderWay(log, _time), ClusterTimes.Default, _time, NullLogger<CqlChangeFeed>.Instance);
        var follower = new ErasureFollower(feed, _tables, log, ClusterTimes.Default, _time, NullLogger<ErasureFollower>.Instance);
        return new Server(new VirtualProcess(_time), log, feed, follower);
    }

    private sealed record Server(VirtualProcess Process, CqlMessageLog Log, CqlChangeFeed Feed, ErasureFollower Follower);
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Erasing;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Changes;
using Chat.Modules.Messaging.Tests.Sending;
using Chat.Modules.Messaging.Timers;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>A server is killed before each request of a sweep in turn, in virtual time; another one's sweep leaves nothing of what has expired.</summary>
public sealed class SweepCrashesTests
{
    [Fact]
    public void Whatever_step_of_a_sweep_a_server_dies_at_the_next_sweep_erases_all()
    {
        var isThrough = false;
        for (var step = 0; !isThrough; step++)
        {
            Assert.True(step < 500, "A sweep of three messages takes more than 500 requests.");
            isThrough = Run(step);
        }
    }

    // Whether the sweep came to its end.
    private static bool Run(int step)
    {
        var time = new VirtualTime(seed: step + 1);
        var tables = new VirtualTables(time);
        var (first, second) = (new Server(time, tables), new Server(time, tables));
        var entries = new List<LoggedMessage>();
        time.RunUntilDone(first.Process.Start(async () =>
        {
            // The first sweep of all looks far back, and would be all that is tested.
            await tables.WriteSweptHourAsync(ExpiryHours.Of(time.GetUtcNow()), default);
            await first.Log.AppendChangeAsync(Timer(time.GetUtcNow()), default);
            for (var n = 0; n < 3; n++)
            {
                var draft = Draft(Team, Alice, $"m{n}") with { Content = MessageContent.Of("secret") with { Mentions = Mentions.Of([Bob]) }, Now = time.GetUtcNow() };
                entries.Add((await first.Log.AppendAsync(draft, default)).Message);
                entries.Add((await first.Log.AppendChangeAsync(entries[^1].Edit(Alice, $"e{n}", "secret again"), default)).Value.Message);
                entries.Add((await first.Log.AppendChangeAsync(entries[^2].React(Bob, $"r{n}", "👍"), default)).Value.Message);
            }
            await time.After(TimeSpan.FromMinutes(3));
            return true;
        }));

        var left = step;
        tables.Before = _ =>
        {
            if (--left < 0)
                first.Process.Kill();
            return Task.CompletedTask;
        };
        var sweep = first.Process.Start(first.SweepAsync);
        time.RunUntilDone(new VirtualProcess(time).Start(async () =>
        {
            while (!first.Process.IsDead && !sweep.IsCompleted)
                await time.After(TimeSpan.FromMilliseconds(10));
            return true;
        }));
        tables.Before = null;
        time.RunUntilDone(second.Process.Start(async () =>
        {
            await second.SweepAsync();
            foreach (var entry in entries)
            {
                Assert.Equal(MessageKind.Erased, (await second.Log.ReadStoredAsync(Team, entry.SeqNo, default))!.Content.Kind);
                Assert.Empty(await tables.ReadStateVersionsAsync(Team, [entry.SeqNo], default));
                Assert.Empty((await second.Log.ReadReactionsAsync(Team, entry.SeqNo, null, null, 10, default)).Found);
            }
            Assert.Empty(await second.Log.ReadMentionsAsync(Team, Bob, SeqNo.None, entries[^1].SeqNo, 10, default));
            var hours = Enumerable.Range(-1, 3).Select(offset => ExpiryHours.Of(time.GetUtcNow()) + offset);
            foreach (var hour in hours)
                Assert.Empty(await tables.ReadExpiriesAsync(hour, ExpiryHours.PartOf(Team), null, time.GetUtcNow(), 10, default));
            return true;
        }));
        return sweep.IsCompletedSuccessfully;
    }

    private static MessageDraft Timer(DateTimeOffset now) => new(Team, Alice.Phone(), "timer", new MessageContent(default) { Kind = MessageKind.Timer, TimerSeconds = 5 }, now);

    private sealed class Server(VirtualTime time, VirtualTables tables)
    {
        public VirtualProcess Process { get; } = new(time);

        public CqlMessageLog Log { get; } = ClusterLogs.Of(tables, time, new Random(time.Random.Next()));

        public async Task<int> SweepAsync() => (await new SweepExpiredHandler(
            new CqlExpiries(tables, ClusterTimes.Default, time), Log, new Expiry(time), new MessageEraser(Log, new FakeAttachments()), new FakeMediator(),
            NullLogger<SweepExpiredHandler>.Instance).Handle(new SweepExpired(), default)).Value;
    }
}

using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Sending;
using Microsoft.Extensions.Time.Testing;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Feed;

/// <summary>What every change feed promises.</summary>
public abstract class ChangeFeedContract
{
    private const string Follower = "fan-out";

    private int _sent;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Clock { get; } = new(Now);

    /// <summary>Starts a server, of which one runs at a time.</summary>
    private protected abstract Task<RunningServer> StartAsync();

    /// <summary>Ends it as a crash does, and lets time pass until it counts as gone.</summary>
    private protected abstract Task CrashAsync(RunningServer server);

    [Fact]
    public async Task What_a_server_that_died_had_not_saved_is_left_with_every_conversation_up_to_its_last_message_at_least()
    {
        var first = await StartAsync();
        Assert.Empty(await LeftAsync(first));
        await AppendAsync(first, AliceAndBob, Team, AliceAndBob);
        await CrashAsync(first);

        var second = await StartAsync();
        var left = await LeftAsync(second);

        Assert.Equal(2, Highest(left)[AliceAndBob]);
        Assert.Equal(1, Highest(left)[Team]);
        Assert.Equal(left.Select(entry => entry.Position).Order(), left.Select(entry => entry.Position));
        await CrashAsync(second);
    }

    [Fact]
    public async Task What_was_appended_since_a_time_is_found_of_servers_that_are_gone_and_of_this_one()
    {
        var first = await StartAsync();
        await AppendAsync(first, AliceAndBob);
        await CrashAsync(first);
        var second = await StartAsync();
        await AppendAsync(second, Team);

        var all = await SinceAsync(second, Clock.GetUtcNow() - TimeSpan.FromHours(1));
        Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal([AliceAndBob, Team], all.Order(Comparer<ConversationId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))));
        Assert.Empty(await SinceAsync(second, Clock.GetUtcNow() - TimeSpan.FromHours(1)));
        await CrashAsync(second);
    }

    [Fact]
    public async Task What_was_raised_and_saved_is_not_left()
    {
        var first = await StartAsync();
        await LeftAsync(first);
        await AppendAsync(first, AliceAndBob);
        await LaterAsync();
        await SaveAsync(first);
        await AppendAsync(first, Team);
        await CrashAsync(first);

        var second = await StartAsync();

        Assert.Equal([Team], (await LeftAsync(second)).Select(entry => entry.Conversation));
        await CrashAsync(second);
    }

    [Fact]
    public async Task A_message_that_is_still_to_be_raised_is_left_though_later_ones_were()
    {
        var first = await StartAsync();
        await LeftAsync(first);
        var pending = first.UnderWay.TryBegin(Draft(AliceAndBob, Alice, "pending"), out _)!;
        await AppendAsync(first, AliceAndBob);
        await LaterAsync();
        await AppendAsync(first, Team);
        await LaterAsync();
        await SaveAsync(first);
        Assert.False(pending.Task.IsCompleted);
        await CrashAsync(first);

        var second = await StartAsync();

        Assert.Equal([AliceAndBob, Team], (await LeftAsync(second)).Select(entry => entry.Conversation).Distinct());
        await CrashAsync(second);
    }

    [Fact]
    public async Task What_was_left_stays_until_it_is_saved_as_done_also_by_a_server_that_died_over_it()
    {
        var first = await StartAsync();
        await LeftAsync(first);
        await AppendAsync(first, AliceAndBob);
        await CrashAsync(first);
        var second = await StartAsync();
        Assert.NotEmpty(await LeftAsync(second));
        await CrashAsync(second);

        var third = await StartAsync();
        var ranges = await third.Feed.FindUnfinishedAsync(Follower, Ct);
        Assert.Equal([AliceAndBob], (await ReadAsync(third, ranges)).Select(entry => entry.Conversation));
        foreach (var range in ranges)
            await third.Feed.SaveFollowerAsync(Follower, range.After with { Value = range.UpTo }, Ct);
        await CrashAsync(third);

        var fourth = await StartAsync();
        Assert.Empty(await LeftAsync(fourth));
        await CrashAsync(fourth);
    }

    [Fact]
    public async Task Followers_save_for_themselves()
    {
        var first = await StartAsync();
        await LeftAsync(first);
        await first.Feed.FindUnfinishedAsync("search", Ct);
        await AppendAsync(first, AliceAndBob);
        await LaterAsync();
        await SaveAsync(first);
        await CrashAsync(first);

        var second = await StartAsync();

        Assert.Empty(await LeftAsync(second));
        Assert.NotEmpty(await ReadAsync(second, await second.Feed.FindUnfinishedAsync("search", Ct)));
        await CrashAsync(second);
    }

    [Fact]
    public async Task A_range_is_read_in_parts()
    {
        var first = await StartAsync();
        await LeftAsync(first);
        var conversations = Enumerable.Range(0, 5).Select(n => ConversationId.Direct(Alice, UserId.Parse($"user{n}"))).ToList();
        foreach (var conversation in conversations)
        {
            await AppendAsync(first, conversation);
            await LaterAsync();
        }
        await CrashAsync(first);

        var second = await StartAsync();
        var left = new List<FeedEntry>();
        foreach (var range in await second.Feed.FindUnfinishedAsync(Follower, Ct))
        {
            for (var rest = range; await second.Feed.ReadAsync(rest, 2, Ct) is { Count: > 0 } part; rest = rest with { After = rest.After with { Value = part[^1].Position } })
                left.AddRange(part);
        }

        Assert.Equal(conversations, left.Select(entry => entry.Conversation));
        await CrashAsync(second);
    }

    // So that what follows is at another position.
    private Task LaterAsync()
    {
        Clock.Advance(TimeSpan.FromSeconds(11));
        return Task.CompletedTask;
    }

    private static Task SaveAsync(RunningServer server) => server.Feed.SaveFollowerAsync(Follower, server.Feed.RaisedUpTo, Ct).AsTask();

    private static async Task<List<FeedEntry>> LeftAsync(RunningServer server) => await ReadAsync(server, await server.Feed.FindUnfinishedAsync(Follower, Ct));

    private static async Task<List<FeedEntry>> ReadAsync(RunningServer server, IEnumerable<FeedRange> ranges)
    {
        var found = new List<FeedEntry>();
        foreach (var range in ranges)
            found.AddRange(await server.Feed.ReadAsync(range, 100, Ct));
        return found;
    }

    private static Dictionary<ConversationId, long> Highest(IEnumerable<FeedEntry> entries) =>
        entries.GroupBy(entry => entry.Conversation).ToDictionary(group => group.Key, group => group.Max(entry => entry.SeqNo.Value));

    private async Task AppendAsync(RunningServer server, params ConversationId[] conversations)
    {
        foreach (var conversation in conversations)
            await server.Log.AppendAsync(Draft(conversation, Alice, $"{++_sent:d8}") with { Now = Clock.GetUtcNow() }, Ct);
    }

    /// <summary>A server's log and feed.</summary>
    private protected sealed record RunningServer(IMessageLog Log, AppendsUnderWay UnderWay, IChangeFeed Feed);

    private static async Task<HashSet<ConversationId>> SinceAsync(RunningServer server, DateTimeOffset since)
    {
        var found = new HashSet<ConversationId>();
        foreach (var range in await server.Feed.FindSinceAsync(since, Ct))
            found.UnionWith((await server.Feed.ReadAsync(range, 1_000, Ct)).Select(entry => entry.Conversation));
        return found;
    }
}

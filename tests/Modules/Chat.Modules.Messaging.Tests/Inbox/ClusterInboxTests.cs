using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Tests.Log.Cluster;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Inbox;

/// <summary>Messages that come to the log long after they were sent, or are answered long after they were written: several hosts in virtual time.</summary>
public sealed class ClusterInboxTests
{
    private static readonly ClusterTimes Times = ClusterInboxProperties.Times;
    private static readonly ConversationId AliceAndCarol = ConversationId.Direct(Alice, Carol);
    private static readonly TestMeters Meters = new();

    private readonly VirtualTime _time = new(1);
    private readonly VirtualTables _tables;
    private readonly Host _reader;

    public ClusterInboxTests()
    {
        _tables = new VirtualTables(_time);
        _reader = Start();
    }

    [Fact]
    public void A_message_that_waited_for_the_log_is_listed_by_its_own_time_and_found_by_a_device_that_looked_meanwhile() => Run(async () =>
    {
        var (host, other) = (Start(), Start());
        await MakeInboxAsync();
        var waiting = Draft(AliceAndBob, Bob, "1") with { Now = _time.GetUtcNow() };
        await _time.After(Times.InboxSpan * 2);
        await AppendAsync(other, Draft(AliceAndCarol, Carol, "1"));
        await _time.After(Times.InboxSpan * 2);
        var since = (await ReadSinceAsync(null)).UpTo;

        await host.Process.Start(() => host.Log.AppendAsync(waiting, CancellationToken.None));

        Assert.Contains(AliceAndBob, (await ReadSinceAsync(since)).Heads.Select(head => head.Conversation));
        Assert.Equal([AliceAndCarol, AliceAndBob], await ListAsync());
    });

    // The retry goes to another conversation, and the rows of the first attempt were lost with the user's part.
    [Fact]
    public void A_retry_that_an_earlier_message_answers_is_listed_by_that_ones_time_and_found_by_a_device_that_looked_meanwhile() => Run(async () =>
    {
        var (first, second, other) = (Start(), Start(), Start());
        await MakeInboxAsync();
        var rows = new TaskCompletionSource();
        _tables.BeforeRows = () => rows.Task;
        _tables.AfterRows = _ =>
        {
            first.Process.Kill();
            return Task.CompletedTask;
        };
        _ = AppendAsync(first, Draft(AliceAndBob, Alice, "1"));
        await _time.After(Times.InboxSpan);
        _tables.BeforeRows = () => Task.CompletedTask;
        _tables.Lose(Alice);
        await MakeInboxAsync();
        rows.SetResult();
        await _time.After(Times.FeedSpan);
        await AppendAsync(other, Draft(AliceAndCarol, Carol, "1"));
        var since = (await ReadSinceAsync(null)).UpTo;
        await _time.After(Times.InboxSpan * 2);

        var answer = await AppendAsync(second, Draft(AliceAndCarol, Alice, "1"));

        Assert.Equal((AliceAndBob, true), (answer.Message.Conversation, answer.Duplicate));
        Assert.Contains(AliceAndBob, (await ReadSinceAsync(since)).Heads.Select(head => head.Conversation));
        Assert.Equal([AliceAndCarol, AliceAndBob], await ListAsync());
    });

    private void Run(Func<Task> test) => _time.RunUntilDone(new VirtualProcess(_time).Start(async () =>
    {
        await test();
        return true;
    }));

    private Host Start()
    {
        var log = ClusterLogs.Of(_tables, _time, new Random(1), Times);
        log.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        return new Host(new VirtualProcess(_time), log, new CqlInbox(log, _tables, Times, Meters, _time, NullLogger<CqlInbox>.Instance));
    }

    private Task<AppendedMessage> AppendAsync(Host host, MessageDraft draft) =>
        host.Process.Start(() => host.Log.AppendAsync(draft with { Now = _time.GetUtcNow() }, CancellationToken.None));

    private Task<DirectHeads> ReadSinceAsync(FeedPosition? since) => _reader.Process.Start(async () =>
        await (await _reader.Inbox.OpenAsync(Alice, CancellationToken.None)).ReadSinceAsync(since, CancellationToken.None));

    // Found missing, and made some time after that.
    private async Task MakeInboxAsync()
    {
        while ((await ReadSinceAsync(null)).UpTo is null)
            await _time.After(Times.LostRowsTimeout);
    }

    // Page by page.
    private Task<List<ConversationId>> ListAsync() => _reader.Process.Start(async () =>
    {
        var inbox = await _reader.Inbox.OpenAsync(Alice, CancellationToken.None);
        var found = new List<ConversationId>();
        for (ListPosition? last = null; await inbox.DownAsync(last, 1, CancellationToken.None) is [var entry]; last = entry.Position)
            found.Add(entry.Position.Conversation);
        return found;
    });

    private sealed record Host(VirtualProcess Process, CqlMessageLog Log, CqlInbox Inbox);
}

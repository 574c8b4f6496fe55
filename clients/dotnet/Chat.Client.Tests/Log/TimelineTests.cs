using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class TimelineTests
{
    [Fact]
    public async Task A_conversation_that_is_little_behind_is_read_upwards_from_its_top()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 150);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);

        await Until.TrueAsync(() => Top(timeline) == 160, "it has caught up");

        Assert.Contains(rig.Rest.Asked, asked => asked.EndsWith("after=10&limit=200", StringComparison.Ordinal));
        Assert.Equal([new SeqNoRange(1, 160)], (await rig.StoredAsync())!.Complete);
        await rig.TakenAsync(160);
    }

    [Fact]
    public async Task One_that_is_far_behind_shows_its_newest_page_and_the_gap_is_filled_when_the_view_comes_to_it()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 500);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => Top(timeline) == 510 && !timeline.IsLoading, "the newest page is shown");
        AssertNoGap(timeline);
        Assert.True(timeline.HasOlder);
        Assert.True(timeline.Messages[0].SeqNo > 400);
        Assert.Equal(10, rig.Server.Cursor(Rig.Direct));

        await timeline.LoadOlderAsync();
        AssertNoGap(timeline);
        await timeline.LoadDownToAsync(1);

        Assert.Equal(510, timeline.Messages.Count);
        AssertNoGap(timeline);
        Assert.False(timeline.HasOlder);
        Assert.Equal([new SeqNoRange(1, 510)], (await rig.StoredAsync())!.Complete);
        // All is here without a gap from the acked place on.
        await rig.TakenAsync(510);
    }

    [Fact]
    public async Task A_conversation_is_behind_again_when_a_large_channel_moves_on()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 0);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Messages.Count == 10, "it is open");
        for (var i = 0; i < 5; i++)
            rig.Server.Append(Rig.Direct, "bob", $"later {i}");

        rig.Server.Current.Push(new Advanced(Rig.Direct, 15));

        await rig.AdvanceUntilAsync(() => timeline.Messages.Count == 15, "it has caught up");
        AssertNoGap(timeline);
    }

    [Fact]
    public async Task Pages_that_come_out_of_order_make_the_log()
    {
        await using var rig = await OnlineWithAsync(delivered: 3, behind: 400);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = false;
        rig.Rest.Before = path =>
        {
            if (!path.Contains("before=", StringComparison.Ordinal) || !first)
                return Task.CompletedTask;
            first = false;
            return held.Task;
        };
        using var slow = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => Top(slow) == 403 && !slow.IsLoading, "it is open");
        first = true;
        var older = slow.LoadOlderAsync();
        await Until.TrueAsync(() => !first, "an older page is under way");
        rig.Server.Append(Rig.Direct, "bob", "newer");
        rig.Server.Current.Push(new Advanced(Rig.Direct, 404));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.MaxSeqNo == 404, "the channel moved on");
        using var fast = rig.Client.OpenTimeline(Rig.Direct);
        await fast.LoadDownToAsync(1);

        held.SetResult();
        await older;
        await slow.LoadDownToAsync(1);

        var log = rig.Server.Log(Rig.Direct).Select(message => message.MessageId);
        Assert.Equal(log, slow.Messages.Select(message => message.MessageId));
        Assert.Equal(log, fast.Messages.Select(message => message.MessageId));
    }

    [Fact]
    public async Task Offline_the_view_shows_what_is_stored_says_what_is_wrong_and_goes_on_later()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 300);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => Top(timeline) == 310 && !timeline.IsLoading, "it is open");
        rig.Server.RestFault = new HttpRequestException("no route");

        var e = await Assert.ThrowsAsync<ChatException>(() => timeline.LoadDownToAsync(1));
        Assert.Equal(ErrorCodes.Network, e.Code);
        Assert.Same(e, timeline.Error);
        AssertNoGap(timeline);

        rig.Server.RestFault = null;
        await timeline.LoadDownToAsync(1);
        Assert.Equal(310, timeline.Messages.Count);
        Assert.Null(timeline.Error);
    }

    [Fact]
    public async Task Holes_and_what_a_joiner_may_not_see_are_no_gaps()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            foreach (var place in new long[] { 40, 41, 50, 60 })
                server.Append(Rig.Direct, "bob", $"{place}", seqNo: place);
            server.SetCursor(Rig.Direct, 60);
        });
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);

        await timeline.LoadDownToAsync(1);

        Assert.Equal([40, 41, 50, 60], timeline.Messages.Select(message => message.SeqNo));
        Assert.False(timeline.HasOlder);
    }

    [Fact]
    public async Task A_conversation_without_a_message_is_empty_until_there_is_one()
    {
        await using var rig = await Rig.OnlineAsync();
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => rig.Rest.Asked.Any(asked => asked.Contains("before=", StringComparison.Ordinal)) && !timeline.IsLoading, "it was asked for");
        Assert.Empty(timeline.Messages);
        Assert.False(timeline.HasOlder);

        rig.Server.Push(Rig.Direct, "bob", "hello");

        await Until.TrueAsync(() => timeline.Messages.Count == 1, "it is shown");
    }

    [Fact]
    public async Task Changes_are_told_after_they_are_true()
    {
        await using var rig = await Rig.OnlineAsync();
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        var seen = 0;
        timeline.Changed += (sender, _) => seen = Math.Max(seen, ((Timeline)sender!).Messages.Count);
        var listed = 0L;
        rig.Client.Changed += (sender, e) =>
        {
            if (e.What.HasFlag(ChatChange.Conversations))
                listed = ((ChatClient)sender!).FindConversation(Rig.Direct)?.MaxSeqNo ?? 0;
        };

        rig.Server.Push(Rig.Direct, "bob", "hello");

        await Until.TrueAsync(() => seen == 1 && listed == 1, "both were told");
    }

    [Fact]
    public async Task New_messages_are_told_of_once()
    {
        await using var rig = await Rig.OnlineAsync();
        var told = new List<string>();
        rig.Client.Changed += (_, e) =>
        {
            lock (told)
                told.AddRange(e.Arrived.Select(message => message.Text));
        };
        var one = rig.Server.Push(Rig.Direct, "bob", "one");
        rig.Server.Current.Push(new MessageArrived(one));
        await rig.Client.SendAsync(Rig.Direct, "mine");
        rig.Server.Push(Rig.Direct, "bob", "two");

        await Until.TrueAsync(() => told.Contains("two"), "two is told");

        Assert.Equal(["one", "two"], told);
    }

    [Fact]
    public async Task A_handler_that_throws_harms_nothing()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Client.Changed += (_, _) => throw new InvalidOperationException("The view is broken.");

        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);

        Assert.Equal(ConnectionStatus.Online, rig.Client.Connection.Status);
    }

    [Fact]
    public async Task What_could_not_be_read_for_now_is_said_and_read_again_after_a_pause()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 0);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        using var unknown = rig.Client.OpenTimeline("dm:alice:carol");
        await Until.TrueAsync(() => timeline.Messages.Count == 10 && rig.Rest.Asked.Any(asked => asked.Contains("carol", StringComparison.Ordinal)) && !unknown.IsLoading, "both are open");
        rig.Rest.Before = path => path.Contains("/messages", StringComparison.Ordinal) ? throw new HttpRequestException("no route") : Task.CompletedTask;
        rig.Server.Append(Rig.Direct, "bob", "later");
        rig.Server.Current.Push(new Advanced(Rig.Direct, 11));
        using var first = rig.Client.OpenTimeline("dm:alice:dave");
        await rig.AdvanceUntilAsync(() => timeline.Error is not null && first.Error is not null, "it is said");

        rig.Rest.Before = _ => Task.CompletedTask;
        rig.Server.Append("dm:alice:dave", "dave", "hello");
        var conversationList = Asked(rig, "GET /v1/conversations?");
        await rig.AdvanceUntilAsync(() => timeline.Messages.Count == 11 && first.Messages.Count == 1, "all is there");

        Assert.Equal((null, null), (timeline.Error, first.Error));
        Assert.Equal(conversationList, Asked(rig, "GET /v1/conversations?"));
    }

    [Fact]
    public async Task A_server_that_has_less_than_it_said_is_not_asked_on_and_on()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 0);
        using var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => timeline.Messages.Count == 10, "it is open");

        rig.Server.Current.Push(new Advanced(Rig.Direct, 20));
        await rig.AdvanceUntilAsync(() => rig.Rest.Asked.Any(asked => asked.Contains("after=10", StringComparison.Ordinal)), "it is asked");
        await timeline.LoadDownToAsync(1);

        Assert.InRange(rig.Rest.Asked.Count(asked => asked.Contains("after=10", StringComparison.Ordinal)), 1, 2);
    }

    [Fact]
    public async Task A_view_that_has_left_has_nothing_older_and_asks_for_nothing()
    {
        await using var rig = await OnlineWithAsync(delivered: 10, behind: 300);
        var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await Until.TrueAsync(() => Top(timeline) == 310 && !timeline.IsLoading, "it is open");

        timeline.Dispose();
        var asked = rig.Rest.Asked.Count;
        await timeline.LoadOlderAsync();

        Assert.False(timeline.HasOlder);
        Assert.Equal(asked, rig.Rest.Asked.Count);
    }

    private static int Asked(Rig rig, string start) => rig.Rest.Asked.Count(asked => asked.StartsWith(start, StringComparison.Ordinal));

    private static async Task<Rig> OnlineWithAsync(int delivered, int behind)
    {
        var rig = await Rig.OnlineAsync(server =>
        {
            for (var i = 1; i <= delivered; i++)
                server.Append(Rig.Direct, "bob", $"{i}");
        });
        await rig.TakenAsync(delivered);
        rig.Server.DrainsNothing = true;
        for (var i = 1; i <= behind; i++)
            rig.Server.Append(Rig.Direct, "bob", $"behind {i}");
        await rig.ReconnectAsync();
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.MaxSeqNo == delivered + behind, "the list is merged");
        return rig;
    }

    private static long Top(Timeline timeline) => timeline.Messages is [.., var newest] ? newest.SeqNo : 0;

    private static void AssertNoGap(Timeline timeline) =>
        Assert.All(timeline.Messages.Zip(timeline.Messages.Skip(1)), pair => Assert.Equal(pair.First.SeqNo + 1, pair.Second.SeqNo));
}

using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class ConversationListTests
{
    [Fact]
    public async Task Unread_is_the_servers_figure_and_what_came_since()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            for (var i = 1; i <= 8; i++)
                server.Append(Rig.Direct, "bob", $"{i}");
            server.SetCursor(Rig.Direct, 8);
            server.SetRead(Rig.Direct, 3);
        });
        await UnreadAsync(rig, 5);

        rig.Server.Push(Rig.Direct, "bob", "nine");
        await UnreadAsync(rig, 6);
        await rig.Client.SendAsync(Rig.Direct, "mine");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.MaxSeqNo == 10, "mine is sent");
        Assert.Equal(6, Unread(rig));

        await rig.Client.MarkReadAsync(Rig.Direct, 8);
        Assert.Equal(1, Unread(rig));
        await rig.Client.MarkReadAsync(Rig.Direct, 100);
        Assert.Equal(0, Unread(rig));
        Assert.Equal(10, rig.Client.FindConversation(Rig.Direct)!.ReadSeqNo);
    }

    [Fact]
    public async Task More_than_a_hundred_unread_are_capped()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            for (var i = 1; i <= 150; i++)
                server.Append(Rig.Direct, "bob", $"{i}");
        });
        await rig.TakenAsync(150);
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct) is { UnreadCount: 100, UnreadCapped: true }, "it is capped");

        await rig.Client.MarkReadAsync(Rig.Direct, 60);

        Assert.Equal((90, false), (Unread(rig), rig.Client.FindConversation(Rig.Direct)!.UnreadCapped));
    }

    [Fact]
    public async Task A_read_cursor_moved_offline_is_told_when_there_is_a_connection()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        rig.Server.RefusesConnections = new ChatException(ErrorCodes.Network, "no route");
        rig.Server.Current.Close();
        await Until.TrueAsync(() => rig.Client.Connection.Status == ConnectionStatus.Offline, "offline");

        await rig.Client.MarkReadAsync(Rig.Direct, 1);
        Assert.Equal(0, Unread(rig));
        Assert.Equal(0, rig.Server.Read(Rig.Direct));

        rig.Server.RefusesConnections = null;
        await rig.AdvanceUntilAsync(() => rig.Server.Read(Rig.Direct) == 1, "it is told");
        Assert.Equal(0, Unread(rig));
    }

    [Fact]
    public async Task What_was_read_on_another_device_is_read_here()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        rig.Server.Push(Rig.Direct, "bob", "two");
        await rig.TakenAsync(2);

        rig.Server.Current.Push(new Receipt(Rig.Direct, 1, Rig.Me, Read: true));

        await UnreadAsync(rig, 1);
        Assert.DoesNotContain(rig.Acks, ack => ack.Status == AckStatus.Read);
    }

    [Fact]
    public async Task A_group_that_the_whole_list_lacks_is_gone_and_a_direct_conversation_is_not()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.Groups[Rig.Group] = "Group";
            server.Append(Rig.Group, "carol", "hello");
            server.Append(Rig.Direct, "bob", "hello");
        });
        await rig.TakenAsync(1);
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group)?.Title == "Group", "the group is listed");

        rig.Server.Groups.Clear();
        await rig.ReconnectAsync();

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is null, "the group is gone");
        Assert.NotNull(rig.Client.FindConversation(Rig.Direct));
        Assert.Empty(await rig.TextsAsync(Rig.Group));
    }

    [Fact]
    public async Task Being_removed_from_a_group_removes_it()
    {
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is not null, "the group is listed");

        rig.Server.Groups.Clear();
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "memberRemoved", Rig.Me));

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is null, "the group is gone");
    }

    [Fact]
    public async Task Hints_bring_the_list_at_most_every_five_seconds()
    {
        await using var rig = await Rig.OnlineAsync();
        var before = Lists(rig);

        for (var i = 1; i <= 20; i++)
            rig.Server.Current.Push(new ConversationChanged(Rig.Group, "memberAdded", "carol"));
        rig.Server.Current.Push(new TypingShown(Rig.Direct, "bob", true));
        rig.Server.Push(Rig.Direct, "bob", "after the hints");
        await rig.TakenAsync(1);
        Assert.Equal(before, Lists(rig));

        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        await Until.TrueAsync(() => Lists(rig) == before + 1, "the list is read once more");
    }

    [Theory]
    [InlineData(ErrorCodes.Unavailable, true)]
    [InlineData(ErrorCodes.RateLimited, true)]
    [InlineData(ErrorCodes.Internal, false)]
    [InlineData(ErrorCodes.BadRequest, false)]
    public async Task A_list_that_is_refused_for_now_is_read_again_and_one_that_fails_by_a_bug_is_not(string code, bool again)
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Rest.ListRefusal = code;
        await rig.ReconnectAsync();
        var asked = Lists(rig);

        for (var i = 0; i < 10 && !again; i++)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(6));
            await rig.SettleAsync();
        }
        if (again)
            await rig.AdvanceUntilAsync(() => Lists(rig) > asked, "it is read again");
        else
            Assert.Equal(asked, Lists(rig));

        asked = Lists(rig);
        await rig.ReconnectAsync();
        await Until.TrueAsync(() => Lists(rig) > asked, "it is read on the next connection, whatever it was");
    }

    [Fact]
    public async Task A_list_is_not_read_again_before_the_server_said()
    {
        await using var rig = await Rig.OnlineAsync();
        (rig.Rest.ListRefusal, rig.Rest.RetryAfterSeconds) = (ErrorCodes.RateLimited, 30);
        await rig.ReconnectAsync();
        var asked = Lists(rig);
        var begun = rig.Clock.GetUtcNow();

        await rig.AdvanceUntilAsync(() => Lists(rig) > asked, "it is read again");

        Assert.True(rig.Clock.GetUtcNow() - begun >= TimeSpan.FromSeconds(30), $"after {rig.Clock.GetUtcNow() - begun}");
    }

    [Fact]
    public async Task Conversations_stand_with_the_newest_activity_first()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "early");
        await rig.TakenAsync(1);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        rig.Server.Push("dm:alice:carol", "carol", "late");
        await rig.TakenAsync(1, "dm:alice:carol");
        Assert.Equal(["dm:alice:carol", Rig.Direct], rig.Client.Conversations.Select(conversation => conversation.Id));

        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        rig.Server.Answer = _ => null;
        await rig.Client.SendAsync(Rig.Direct, "waiting");

        Assert.Equal([Rig.Direct, "dm:alice:carol"], rig.Client.Conversations.Select(conversation => conversation.Id));
    }

    [Fact]
    public async Task A_list_that_was_begun_before_a_group_was_left_does_not_bring_it_back()
    {
        await using var rig = await Rig.OnlineAsync(server => server.Groups[Rig.Group] = "Group");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is not null, "the group is listed");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Rest.Before = path =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        rig.Server.Current.Push(new Advanced(Rig.Direct, 1));
        await asked.Task;

        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "memberRemoved", Rig.Me));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Group) is null, "the group is gone");
        rig.Server.Append(Rig.Direct, "bob", "hello");
        answer.SetResult();

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)?.LastMessage is not null, "the list is merged");
        Assert.Null(rig.Client.FindConversation(Rig.Group));
    }

    [Fact]
    public async Task Unread_counts_each_message_once_in_whatever_order_it_becomes_known()
    {
        await using var rig = await Rig.OnlineAsync();
        // An own ack comes ahead of a push with a lower place.
        var theirs = rig.Server.Append(Rig.Direct, "bob", "first");
        await rig.Client.SendAsync(Rig.Direct, "second");
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)?.MaxSeqNo == 2, "mine is sent");

        rig.Server.Current.Push(new MessageArrived(theirs));
        rig.Server.Current.Push(new MessageArrived(theirs));

        await rig.TakenAsync(1);
        await UnreadAsync(rig, 1);
        await rig.SettleAsync();
        Assert.Equal(1, Unread(rig));
    }

    [Fact]
    public async Task Where_all_is_here_unread_is_counted_here_whatever_the_list_says()
    {
        await using var rig = await Rig.OnlineAsync();
        rig.Server.Push(Rig.Direct, "bob", "one");
        await rig.TakenAsync(1);
        // A message that came between the server's look for the last one and its count.
        rig.Server.UnreadToo = 1;
        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        var before = Lists(rig);
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "roleChanged", "carol"));
        await Until.TrueAsync(() => Lists(rig) > before, "the list is read");

        rig.Server.Push(Rig.Direct, "bob", "two");

        await rig.TakenAsync(2);
        Assert.Equal(2, Unread(rig));
    }

    [Fact]
    public async Task A_list_writes_what_it_changes_alone()
    {
        await using var rig = await Rig.OnlineAsync(server =>
        {
            server.Append(Rig.Direct, "bob", "hello");
            server.Append("dm:alice:carol", "carol", "hello");
            server.Append("dm:alice:dave", "dave", "hello");
        });
        // By the list, which the drain's messages may be ahead of.
        await Until.TrueAsync(
            async () => (await rig.Store.OpenAsync(CancellationToken.None)).Conversations.Count(stored => stored.CountedSeqNo == 1) == 3, "all are listed");
        rig.Server.SetRead(Rig.Direct, 1);
        rig.Store.Written.Clear();

        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        rig.Server.Current.Push(new ConversationChanged(Rig.Group, "roleChanged", "carol"));
        await UnreadAsync(rig, 0);

        Assert.Equal([Rig.Direct], rig.Store.Written.SelectMany(changes => changes).OfType<StoreChange.PutConversation>().Select(put => put.Conversation.Id));
    }

    [Fact]
    public async Task A_look_at_a_mistyped_name_leaves_nothing()
    {
        await using var rig = await Rig.OnlineAsync();
        using (var timeline = rig.Client.OpenTimeline("dm:alice:bbo"))
            await timeline.LoadDownToAsync(1);

        Assert.Null(await rig.StoredAsync("dm:alice:bbo"));
    }

    [Fact]
    public async Task A_group_made_for_a_session_that_has_ended_is_not_shown_to_the_next()
    {
        await using var rig = await Rig.OnlineAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Rest.Before = path => path == "/v1/groups" ? answer.Task : Task.CompletedTask;
        var making = rig.Client.CreateGroupAsync("Group", ["bob"]);
        await Until.TrueAsync(() => rig.Rest.Asked.Contains("POST /v1/groups"), "it is asked for");

        await rig.Client.SignOutAsync();
        answer.SetResult();
        await making;

        Assert.Empty(rig.Client.Conversations);
        Assert.Empty((await rig.Store.OpenAsync(CancellationToken.None)).Conversations);
    }

    private static int Lists(Rig rig) => rig.Rest.Asked.Count(asked => asked.StartsWith("GET /v1/conversations?", StringComparison.Ordinal));

    private static int? Unread(Rig rig) => rig.Client.FindConversation(Rig.Direct)?.UnreadCount;

    private static Task UnreadAsync(Rig rig, int count) => Until.TrueAsync(() => Unread(rig) == count, $"{count} are unread", () => $"{Unread(rig)}");
}

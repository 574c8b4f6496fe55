using Chat.Client.Tests.Fakes;
using Chat.EndToEnd.Tests.Running;

namespace Chat.Client.Tests.Log;

public sealed class SettingsTests
{
    private const string Other = "dm:alice:carol";

    [Fact]
    public async Task Everything_that_is_set_is_asked_of_the_server_shown_stored_and_ended()
    {
        await using var rig = await TalkingAsync();

        await rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Archived = true, Pinned = true, MarkedUnread = true, Draft = "well" });

        Assert.Equal(
            (true, true, true, "well"), rig.Client.FindConversation(Rig.Direct) is { } shown ? (shown.Archived, shown.Pinned, shown.MarkedUnread, shown.Draft) : default);
        Assert.Equal(SettingsRules.AllOf(rig.Server.SettingsOf(Rig.Direct)), SettingsRules.AllOf(await rig.StoredAsync()));

        await rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Archived = false, Pinned = false, MarkedUnread = false, Draft = "" });

        Assert.Equal(new OwnSettings(), rig.Server.SettingsOf(Rig.Direct));
        Assert.Equal(SettingsRules.AllOf(new OwnSettings()), SettingsRules.AllOf(await rig.StoredAsync()));
    }

    [Fact]
    public async Task An_archived_conversation_comes_back_with_the_next_message_unless_it_is_muted()
    {
        await using var rig = await TalkingAsync();
        rig.Server.Set(Rig.Direct, new OwnSettings { Archived = true });
        await IsAsync(rig, listed: [], archived: [Rig.Direct]);
        rig.Server.PushChange(Rig.Direct, "bob", 1, new ChangeContent.React("👍", true));
        await rig.TakenAsync(4);
        await IsAsync(rig, listed: [], archived: [Rig.Direct]);

        rig.Server.Push(Rig.Direct, "bob", "next");
        await IsAsync(rig, listed: [Rig.Direct], archived: []);

        rig.Server.Set(Rig.Direct, new OwnSettings { Archived = true, MutedUntil = rig.Clock.GetUtcNow().AddYears(1) });
        rig.Server.Push(Rig.Direct, "bob", "unheard");
        await rig.TakenAsync(6);
        await IsAsync(rig, listed: [], archived: [Rig.Direct]);
    }

    [Fact]
    public async Task Pinned_conversations_come_first()
    {
        await using var rig = await TalkingAsync();
        rig.Clock.Advance(TimeSpan.FromMilliseconds(1));
        rig.Server.Push(Other, "carol", "later");
        await IsAsync(rig, listed: [Other, Rig.Direct], archived: []);

        rig.Server.Set(Rig.Direct, new OwnSettings { Pinned = true });
        await IsAsync(rig, listed: [Rig.Direct, Other], archived: []);

        rig.Server.Set(Rig.Direct, new OwnSettings { Pinned = false });
        await IsAsync(rig, listed: [Other, Rig.Direct], archived: []);
    }

    [Fact]
    public async Task A_mark_as_unread_ends_when_the_user_reads_on()
    {
        await using var rig = await TalkingAsync();
        rig.Server.Set(Rig.Direct, new OwnSettings { MarkedUnread = true });
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.MarkedUnread, "it is marked");

        rig.Server.Current.Push(new Receipt(Rig.Direct, 1, Rig.Me, Read: true));

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct) is { MarkedUnread: false, ReadSeqNo: 1 }, "it is not any more");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_cleared_is_neither_shown_nor_stored_nor_counted_nor_fetched_again(bool duringPage)
    {
        await using var rig = await TalkingAsync();
        using var timeline = await LookAsync(rig);
        if (duringPage)
        {
            // The page says what was cleared while it was on its way.
            var (asked, answer) = Hold(rig, "/messages?");
            rig.Server.Current.Push(new Advanced(Rig.Direct, 5));
            rig.Server.Append(Rig.Direct, "bob", "four");
            rig.Server.Append(Rig.Direct, "bob", "five");
            await rig.AdvanceUntilAsync(() => asked.IsCompleted, "a page is asked for");
            rig.Server.Current.Push(new SettingsChanged(Rig.Direct, new OwnSettings { ClearedUpTo = 4 }));
            await Until.TrueAsync(() => timeline.Messages.Count == 0, "all that was there is cleared");
            answer();
            await ShowsAsync(timeline, 5);
            rig.Server.Set(Rig.Direct, new OwnSettings { ClearedUpTo = 4 });
        }
        else
        {
            rig.Server.Set(Rig.Direct, new OwnSettings { ClearedUpTo = 2 });
            await ShowsAsync(timeline, 3);
        }

        Assert.False(timeline.HasOlder);
        Assert.Equal(timeline.Messages, await Talk.StoredAsync(rig));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct) is { UnreadCount: 1, LastMessage: { } last } && last == timeline.Messages[^1], "one is unread");
        var pages = Pages(rig);

        rig.Server.Set(Rig.Direct, new OwnSettings { ClearedUpTo = rig.Server.TopOf(Rig.Direct) });
        rig.Server.Set(Rig.Direct, new OwnSettings { ClearedUpTo = 1 });

        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct) is { UnreadCount: 0, LastMessage: null } shown && shown.ClearedUpTo == shown.MaxSeqNo, "nothing is left");
        Assert.Empty(timeline.Messages);
        await timeline.LoadDownToAsync(1);
        Assert.Empty(await Talk.StoredAsync(rig));
        Assert.Equal(pages, Pages(rig));
    }

    [Fact]
    public async Task What_is_archived_and_cleared_is_gone_until_its_next_message()
    {
        await using var rig = await TalkingAsync();

        await rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Archived = true, ClearedUpTo = 3 });
        await IsAsync(rig, listed: [], archived: []);

        rig.Server.Push(Rig.Direct, "bob", "again");
        await IsAsync(rig, listed: [Rig.Direct], archived: []);
        Assert.True(rig.Client.FindConversation(Rig.Direct) is { LastMessage.SeqNo: 4, UnreadCount: 1 });
    }

    [Fact]
    public async Task What_was_archived_or_deleted_while_the_device_was_away_is_known_after_the_next_connection()
    {
        await using var rig = await TalkingAsync();
        rig.Server.Push(Other, "carol", "hello");
        await rig.TakenAsync(1, Other);
        await Talk.GoOfflineAsync(rig);
        rig.Server.Set(Rig.Direct, new OwnSettings { Archived = true, Draft = "well" });
        rig.Server.Set(Other, new OwnSettings { Archived = true, ClearedUpTo = 1 });

        await rig.ReconnectAsync();

        await IsAsync(rig, listed: [], archived: [Rig.Direct]);
        Assert.Equal("well", rig.Client.FindConversation(Rig.Direct)!.Draft);
        await Until.TrueAsync(() => rig.Client.FindConversation(Other) is { Archived: true, ClearedUpTo: 1, LastMessage: null }, "the other one is deleted");
    }

    [Fact]
    public async Task The_archived_are_read_once_a_connection()
    {
        await using var rig = await TalkingAsync();

        rig.Server.Current.Push(new Advanced(Rig.Direct, 3));
        await rig.AdvanceUntilAsync(() => Lists(rig).Count == 3, "the list is read again");

        Assert.Equal([false, true, false], Lists(rig));
    }

    [Fact]
    public async Task The_answer_to_a_draft_does_not_undo_one_that_another_device_has_written_since()
    {
        await using var rig = await TalkingAsync();
        var answered = new TaskCompletionSource();
        rig.Rest.After = path => path.EndsWith("/mine", StringComparison.Ordinal) ? answered.Task : Task.CompletedTask;

        var writing = rig.Client.ChangeSettingsAsync(Rig.Direct, new OwnSettings { Draft = "mine", Pinned = true });
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.Draft == "mine", "it is told");
        rig.Server.Current.Push(new SettingsChanged(Rig.Direct, new OwnSettings { Draft = "theirs" }));
        await Until.TrueAsync(() => rig.Client.FindConversation(Rig.Direct)!.Draft == "theirs", "the other one is told");
        answered.SetResult();
        await writing;

        Assert.True(rig.Client.FindConversation(Rig.Direct) is { Draft: "theirs", Pinned: true });
    }

    private static async Task<Rig> TalkingAsync()
    {
        var rig = await Rig.OnlineAsync(server =>
        {
            foreach (var text in (ReadOnlySpan<string>)["one", "two", "three"])
                server.Append(Rig.Direct, "bob", text);
        });
        await rig.TakenAsync(3);
        return rig;
    }

    private static async Task<Timeline> LookAsync(Rig rig)
    {
        var timeline = rig.Client.OpenTimeline(Rig.Direct);
        await ShowsAsync(timeline, 1, 2, 3);
        return timeline;
    }

    private static Task ShowsAsync(Timeline timeline, params long[] seqNos) => Until.TrueAsync(
        () => !timeline.IsLoading && timeline.Messages.Select(message => message.SeqNo).SequenceEqual(seqNos), $"{string.Join(", ", seqNos)} are shown");

    private static (Task Asked, Action Answer) Hold(Rig rig, string part)
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        rig.Rest.After = path =>
        {
            if (!path.Contains(part, StringComparison.Ordinal))
                return Task.CompletedTask;
            asked.TrySetResult();
            return answer.Task;
        };
        return (asked.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken), answer.SetResult);
    }

    private static Task IsAsync(Rig rig, string[] listed, string[] archived) => Until.TrueAsync(
        () => rig.Client.Conversations.Select(one => one.Id).SequenceEqual(listed) && rig.Client.Archived.Select(one => one.Id).SequenceEqual(archived),
        $"[{string.Join(", ", listed)}] is the list, [{string.Join(", ", archived)}] archived");

    private static int Pages(Rig rig) => rig.Rest.Asked.Count(asked => asked.Contains("/messages?", StringComparison.Ordinal));

    private static List<bool> Lists(Rig rig) =>
    [
        .. rig.Rest.Asked.Where(asked => asked.StartsWith("GET /v1/conversations?", StringComparison.Ordinal))
            .Select(asked => asked.EndsWith("archived=true", StringComparison.Ordinal)),
    ];
}

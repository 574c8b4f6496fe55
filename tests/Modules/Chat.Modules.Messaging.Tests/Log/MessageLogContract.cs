using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Log;

/// <summary>What every log keeps to, whatever it is built on.</summary>
public abstract partial class MessageLogContract : OpenedLog
{
    [Fact]
    public async Task SeqNos_begin_at_one_and_rise_in_each_conversation_for_itself()
    {
        var places = new List<(ConversationId, long)>();
        foreach (var (conversation, id) in new[] { (AliceAndBob, "1"), (Team, "2"), (AliceAndBob, "3"), (Team, "4"), (AliceAndBob, "5") })
            places.Add((conversation, (await AppendAsync(conversation, Alice, id)).Message.SeqNo.Value));

        Assert.Equal([(AliceAndBob, 1), (Team, 1), (AliceAndBob, 2), (Team, 2), (AliceAndBob, 3)], places);
    }

    [Fact]
    public async Task SeqNos_go_on_after_a_reopening()
    {
        await AppendAsync(AliceAndBob, Alice, "1");
        await AppendAsync(AliceAndBob, Bob, "1");

        await ReopenAsync();
        var next = await AppendAsync(AliceAndBob, Alice, "2");

        Assert.Equal((3, 2), (next.Message.SeqNo.Value, next.Previous.Value));
    }

    [Fact]
    public async Task An_append_tells_the_seqNo_before_it()
    {
        var first = await AppendAsync(AliceAndBob, Alice, "1");
        var second = await AppendAsync(AliceAndBob, Alice, "2");

        Assert.Equal((SeqNo.None, first.Message.SeqNo), (first.Previous, second.Previous));
    }

    [Fact]
    public async Task Concurrent_appends_have_one_order_in_which_no_number_is_used_twice()
    {
        const int threads = 8, each = 150;
        ConversationId[] conversations = [AliceAndBob, Team, ConversationId.Direct(Alice, Carol)];
        var appended = new AppendedMessage[threads][];

        // Each thread sends without waiting for its acks, as a connection may.
        await Parallel.ForAsync(0, threads, Ct, async (thread, _) =>
        {
            var sender = UserId.Parse($"user{thread}");
            appended[thread] = await Task.WhenAll(
                Enumerable.Range(0, each).Select(n => AppendAsync(conversations[n % conversations.Length], sender, $"{n}")));
        });

        foreach (var conversation in conversations)
        {
            var stored = await ReadAllAsync(conversation);
            var acked = appended.SelectMany(one => one).Select(a => a.Message).Where(m => m.Conversation == conversation).OrderBy(m => m.SeqNo);
            Assert.Equal(acked, stored);
            Assert.Equal(Enumerable.Range(1, threads * each / conversations.Length).Select(n => (long)n), stored.Select(m => m.SeqNo.Value));
            foreach (var bySender in stored.GroupBy(message => message.Sender))
                Assert.Equal(bySender.OrderBy(m => int.Parse(m.ClientMsgId, null)), bySender);
        }
        Assert.All(appended.SelectMany(one => one), a => Assert.Equal(a.Message.SeqNo.Value - 1, a.Previous.Value));
    }

    [Fact]
    public async Task Appending_the_same_attempt_again_answers_with_the_first_message_and_stores_nothing()
    {
        var first = await AppendAsync(AliceAndBob, Alice, "1", "first");

        var again = await AppendAsync(AliceAndBob, Alice, "1", "first");
        var withAnotherText = await AppendAsync(AliceAndBob, Alice, "1", "second");
        var elsewhere = await AppendAsync(Team, Alice, "1", "first");
        var fromAnotherDevice = await Log.AppendAsync(Draft(AliceAndBob, Alice, "1") with { Sender = Alice.Laptop() }, Ct);

        Assert.False(first.Duplicate);
        Assert.All([again, withAnotherText, elsewhere, fromAnotherDevice], answer =>
        {
            Assert.True(answer.Duplicate);
            Assert.Equal(first.Message, answer.Message);
        });
        Assert.Equal([first.Message], await ReadAllAsync(AliceAndBob));
        Assert.Empty(await ReadAllAsync(Team));
    }

    [Fact]
    public async Task Others_messages_are_counted_however_many_own_ones_lie_between()
    {
        await AppendAsync(AliceAndBob, Bob, "read");
        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => AppendAsync(AliceAndBob, Alice, $"own {n}")));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(n => AppendAsync(AliceAndBob, Bob, $"unread {n}")));

        Assert.Equal(new OthersCount(3, IsAll: true), await CountAsync(after: 1, upTo: 504, limit: 100));
        Assert.Equal(new OthersCount(4, IsAll: true), await CountAsync(after: 0, upTo: 504, limit: 4));
        Assert.Equal(new OthersCount(3, IsAll: false), await CountAsync(after: 0, upTo: 504, limit: 3));
        Assert.Equal(new OthersCount(2, IsAll: true), await CountAsync(after: 1, upTo: 503, limit: 100));
        Assert.Equal(new OthersCount(0, IsAll: true), await CountAsync(after: 504, upTo: 504, limit: 100));

        async Task<OthersCount> CountAsync(long after, long upTo, int limit) =>
            await Log.CountOthersAsync(AliceAndBob, Alice, new SeqNo(after), new SeqNo(upTo), limit, Ct);
    }

    [Fact]
    public async Task Activity_rises_with_each_append_whatever_the_clock_says()
    {
        int[] seconds = [0, 3_600, 10, 10, -86_400, 3_601, 3_600];
        var activities = new List<Activity>();
        foreach (var (n, second) in seconds.Index())
        {
            var conversation = n % 2 == 0 ? AliceAndBob : Team;
            activities.Add(Activity.Of((await Log.AppendAsync(Draft(conversation, Alice, $"{n}") with { Now = Now.AddSeconds(second) }, Ct)).Message.Id));
        }

        Assert.Equal(activities.Order().Distinct(), activities);
        Assert.Equal([0, 3_600, 3_600, 3_600, 3_600, 3_601, 3_601], activities.Select(activity => (activity.UnixMs - Now.ToUnixTimeMilliseconds()) / 1000));
        Assert.Equal(Now.AddSeconds(10), (await Log.ReadAfterAsync(AliceAndBob, new SeqNo(1), 1, Ct))[0].Timestamp);
    }

    [Fact]
    public async Task What_is_appended_later_is_above_the_floor()
    {
        var floor = Log.ActivityFloor;
        var first = await AppendNowAsync("1");
        var next = Log.ActivityFloor;
        var second = await AppendNowAsync("2");

        Assert.True(floor < Activity.Of(first.Message.Id));
        Assert.True(next < Activity.Of(second.Message.Id));
    }

    [Fact]
    public async Task An_attempt_is_remembered_after_a_reopening()
    {
        var first = await AppendAsync(AliceAndBob, Alice, "1");

        await ReopenAsync();
        var again = await AppendAsync(Team, Alice, "1", "other");

        Assert.True(again.Duplicate);
        Assert.Equal(first.Message, again.Message);
    }

    [Fact]
    public async Task Concurrent_appends_of_one_attempt_store_one_message_and_all_have_it_as_their_answer()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = $"{round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(n =>
                Task.Run(() => AppendAsync(n % 2 == 0 ? AliceAndBob : Team, Alice, id, $"text {n}"), Ct)));

            Assert.Single(answers.Select(answer => answer.Message).Distinct());
            Assert.Single(answers, answer => !answer.Duplicate);
        }

        Assert.Equal(20, (await ReadAllAsync(AliceAndBob)).Count + (await ReadAllAsync(Team)).Count);
    }

    [Fact]
    public async Task Attempts_of_different_senders_are_different()
    {
        var alices = await AppendAsync(AliceAndBob, Alice, "1");
        var bobs = await AppendAsync(AliceAndBob, Bob, "1");
        // Run together without a separator these would be the same.
        var ab = await AppendAsync(Team, UserId.Parse("ab"), "c");
        var a = await AppendAsync(Team, UserId.Parse("a"), "bc");

        Assert.All([alices, bobs, ab, a], answer => Assert.False(answer.Duplicate));
    }

    [Fact]
    public async Task An_attempt_can_be_looked_up()
    {
        var stored = await AppendAsync(AliceAndBob, Alice, "1");

        Assert.Equal(stored.Message, await Log.FindAttemptAsync(Alice, "1", Ct));
        Assert.Null(await Log.FindAttemptAsync(Alice, "2", Ct));
        Assert.Null(await Log.FindAttemptAsync(Bob, "1", Ct));
    }

    [Fact]
    public async Task A_message_is_found_by_its_id()
    {
        await AppendAsync(Team, Alice, "1");
        var stored = await AppendAsync(Team, Alice, "2");

        await ReopenAsync();

        Assert.Equal(new MessageLocation(Team, new SeqNo(2)), await Log.FindAsync(stored.Message.Id, Ct));
        Assert.Null(await Log.FindAsync(MessageId.New(Now), Ct));
    }

    [Theory]
    [InlineData(0, 100, "1 2 3 4 5 6 7 8 9 10")]
    [InlineData(0, 3, "1 2 3")]
    [InlineData(4, 3, "5 6 7")]
    [InlineData(8, 3, "9 10")]
    [InlineData(9, 1, "10")]
    [InlineData(10, 3, "")]
    [InlineData(11, 3, "")]
    [InlineData(SeqNo.MaxValue, 3, "")]
    public async Task A_page_after_a_seqNo_excludes_it_and_ascends(long after, int limit, string expected)
    {
        await FillNeighboursAsync(10);

        var page = await Log.ReadAfterAsync(AliceAndBob, new SeqNo(after), limit, Ct);

        Assert.Equal(expected, string.Join(' ', page.Select(message => message.SeqNo)));
        Assert.All(page, message => Assert.Equal(AliceAndBob, message.Conversation));
    }

    [Theory]
    [InlineData(SeqNo.MaxValue, 100, "1 2 3 4 5 6 7 8 9 10")]
    [InlineData(11, 3, "8 9 10")]
    [InlineData(10, 3, "7 8 9")]
    [InlineData(3, 3, "1 2")]
    [InlineData(2, 1, "1")]
    [InlineData(1, 3, "")]
    [InlineData(0, 3, "")]
    public async Task A_page_before_a_seqNo_excludes_it_has_the_newest_below_and_ascends(long before, int limit, string expected)
    {
        await FillNeighboursAsync(10);

        var page = await Log.ReadBeforeAsync(AliceAndBob, new SeqNo(before), limit, Ct);

        Assert.Equal(expected, string.Join(' ', page.Select(message => message.SeqNo)));
        Assert.All(page, message => Assert.Equal(AliceAndBob, message.Conversation));
    }

    [Fact]
    public async Task Conversations_whose_ids_begin_alike_do_not_mix()
    {
        ConversationId[] alike =
        [
            ConversationId.Parse("dm:a:b"), ConversationId.Parse("dm:a:bb"), ConversationId.Parse("dm:a:b-"), ConversationId.Parse("dm:a:b."),
            ConversationId.Parse("dm:a:b0"), ConversationId.Parse("dm:aa:b"), ConversationId.Parse("g:" + new string('0', 32)),
            ConversationId.Parse("g:" + new string('0', 31) + "1"), ConversationId.Parse("g:" + new string('f', 32)),
        ];
        for (var i = 0; i < alike.Length; i++)
        {
            for (var n = 0; n <= i; n++)
                await AppendAsync(alike[i], Alice, $"{i}-{n}");
        }

        for (var i = 0; i < alike.Length; i++)
        {
            Assert.Equal(i + 1, (await Log.GetHeadAsync(alike[i], Ct)).Value);
            Assert.Equal(i + 1, (await ReadAllAsync(alike[i])).Count(message => message.Conversation == alike[i]));
            Assert.Equal(i + 1, (await Log.ReadBeforeAsync(alike[i], new SeqNo(SeqNo.MaxValue), 100, Ct)).Count);
        }
    }

    [Fact]
    public async Task The_head_is_the_newest_seqNo_and_none_where_there_is_no_message()
    {
        await FillNeighboursAsync(3);

        Assert.Equal(3, (await Log.GetHeadAsync(AliceAndBob, Ct)).Value);
        Assert.Equal(SeqNo.None, await Log.GetHeadAsync(ConversationId.Direct(Alice, Carol), Ct));
    }

    [Fact]
    public async Task A_message_comes_back_as_it_was_sent()
    {
        string[] texts = ["x", "NUL \0 within", "\0", "emoji 👩‍👩‍👧 and 中文", "\"quoted\"\r\n\t\u2028", new('x', 16_384), string.Concat(Enumerable.Repeat("🙂", 4096))];
        var replyTo = (await AppendAsync(AliceAndBob, Alice, "first")).Message.Id;
        var stored = new List<LoggedMessage>();
        foreach (var (text, n) in texts.Select((text, n) => (text, n)))
        {
            var draft = new MessageDraft(
                AliceAndBob, new DeviceAddress(UserId.Parse("Bob.the-1_" + new string('b', 54)), DeviceId.Parse("p")), $"~ !{n}" + new string('i', 60),
                MessageContent.Of(text, n % 2 == 0 ? replyTo : null), Now.AddTicks(12_345_678 + n));
            stored.Add((await Log.AppendAsync(draft, Ct)).Message);
            Assert.Equal((draft.Sender, draft.ClientMsgId, draft.Content), (stored[^1].Sender, stored[^1].ClientMsgId, stored[^1].Content));
        }

        var before = await Log.ReadAfterAsync(AliceAndBob, new SeqNo(1), 100, Ct);
        await ReopenAsync();

        Assert.Equal(stored, before);
        Assert.Equal(stored, await Log.ReadAfterAsync(AliceAndBob, new SeqNo(1), 100, Ct));
        Assert.All(stored, message => Assert.Equal(Now.AddMilliseconds(1234), message.Timestamp));
    }

    [Fact]
    public async Task What_a_newer_server_says_comes_back_unchanged()
    {
        var newer = MessageContent.Of("see") with { Kind = (MessageKind)200, Unknown = new byte[] { 0x20, 1, 0xFA, 0x7D, 2, 0, 0xFF } };
        var stored = (await Log.AppendAsync(Draft(AliceAndBob, Alice, "1") with { Content = newer }, Ct)).Message;
        await ReopenAsync();

        Assert.Equal(newer, stored.Content);
        Assert.Equal([stored], await ReadAllAsync(AliceAndBob));
        Assert.Equal(stored, await Log.FindAttemptAsync(Alice, "1", Ct));
        Assert.Equal(1, (await Log.CountOthersAsync(AliceAndBob, Bob, SeqNo.None, new SeqNo(1), 10, Ct)).Count);
    }

    [Fact]
    public async Task Files_come_back_as_they_were_and_a_message_of_files_alone_has_no_text()
    {
        var voice = new MessageMedia(MediaId.New(Now), "audio/ogg", 1 << 20) { DurationMs = 3_000, Voice = true, Waveform = new byte[] { 0, 7, 255 } };
        var picture = new MessageMedia(MediaId.New(Now), "image/png", 5) { Name = "ä.png", Width = 3, Height = 2, Blurhash = "L0", Thumbnail = true };
        MessageContent[] contents = [new(default) { Media = [voice] }, MessageContent.Of("see") with { Media = [picture, voice] }];
        foreach (var content in contents)
            await Log.AppendAsync(Draft(AliceAndBob, Alice, $"{content.Media.Count}") with { Content = content }, Ct);
        await ReopenAsync();

        Assert.Equal(contents, (await ReadAllAsync(AliceAndBob)).Select(message => message.Content));
        Assert.Equal(contents[1], (await Log.FindAttemptAsync(Alice, "2", Ct))?.Content);
        await Log.EraseContentAsync(AliceAndBob, new SeqNo(1), Ct);
        Assert.Empty((await ReadAllAsync(AliceAndBob))[0].Content.Media);
    }

    [Fact]
    public async Task The_epoch_is_kept_when_the_log_is_opened_again()
    {
        var epoch = Log.Epoch;

        await ReopenAsync();

        Assert.NotEmpty(epoch);
        Assert.Equal(epoch, Log.Epoch);
    }

    private protected Task<AppendedMessage> AppendAsync(ConversationId conversation, UserId sender, string clientMsgId, string text = "hello") =>
        Log.AppendAsync(Draft(conversation, sender, clientMsgId, text), Ct);

    private Task<AppendedMessage> AppendNowAsync(string clientMsgId) =>
        Log.AppendAsync(Draft(AliceAndBob, Alice, clientMsgId) with { Now = TimeProvider.System.GetUtcNow() }, Ct);

    private protected async Task<IReadOnlyList<LoggedMessage>> ReadAllAsync(ConversationId conversation) =>
        await Log.ReadAfterAsync(conversation, SeqNo.None, int.MaxValue, Ct);

    // In the conversation of the test, and in those that sort just before and behind it.
    private async Task FillNeighboursAsync(int count)
    {
        for (var n = 1; n <= count; n++)
        {
            foreach (var conversation in new[] { AliceAndBob, ConversationId.Parse("dm:alice:boa"), ConversationId.Parse("dm:alice:bob-") })
                await AppendAsync(conversation, Alice, $"{conversation.Value[^4..]} {n}");
        }
    }
}

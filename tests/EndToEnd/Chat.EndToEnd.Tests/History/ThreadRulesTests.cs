using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>The rules about threads, mentions and what is unread are each seen red on a history broken by hand.</summary>
public sealed class ThreadRulesTests
{
    private const string Conversation = "dm:alice:bob";

    [Fact]
    public void A_history_as_promised_passes() => Assert.Empty(new Story().Check());

    [Fact]
    public void A_root_that_does_not_show_what_the_entries_of_its_thread_give_is_found()
    {
        var thread = new Story().Root.State!.Thread!;
        foreach (var wrong in new[] { null, thread with { Count = 2 }, thread with { LastSeqNo = 2 }, thread with { UserIds = "bob" } })
        {
            var history = new Story();
            history.Root = history.Root with { State = history.Root.State! with { Thread = wrong } };

            Assert.Contains(Rule.StateDiffers, history.BrokenRules());
        }
    }

    [Fact]
    public void A_deleted_root_keeps_its_thread()
    {
        var history = new Story();
        history.DeleteRoot();
        Assert.Empty(history.Check());

        history.Root = history.Root with { State = history.Root.State! with { Thread = null } };
        Assert.Contains(Rule.StateDiffers, history.BrokenRules());
    }

    [Fact]
    public void A_device_without_the_deletion_of_a_message_in_a_thread_is_found()
    {
        var history = new Story(isDeletionDelivered: false);

        Assert.Contains(Rule.DeviceStateDiffers, history.BrokenRules());
    }

    [Fact]
    public void A_message_in_another_thread_than_it_was_sent_to_is_found()
    {
        foreach (var wrong in new Func<LoggedMessage, LoggedMessage>[]
        {
            message => message with { ThreadId = null, ThreadSeqNo = null }, message => message with { ThreadId = "m3" }, message => message with { ThreadSeqNo = 2 },
        })
        {
            var history = new Story();
            history.Answer = wrong(history.Answer);

            Assert.Contains(Rule.ThreadDiffers, history.BrokenRules());
        }
    }

    [Fact]
    public void A_deletion_that_does_not_tell_of_the_thread_is_found()
    {
        var history = new Story();
        history.Deletion = history.Deletion with { ThreadId = null, ThreadSeqNo = null };

        Assert.Contains(Rule.ThreadDiffers, history.BrokenRules());
    }

    [Fact]
    public void Lists_of_threads_that_the_log_does_not_give_are_found()
    {
        foreach (var wrong in new Func<LogView, LogView>[]
        {
            view => view with { Threads = [] }, view => view with { Threads = ["m1", "m2"] }, view => view with { Threads = ["m1", "m1"] },
            view => view with { ThreadMessages = new Dictionary<string, IReadOnlyList<string>> { ["m1"] = ["m2"] } },
            view => view with { ThreadMessages = new Dictionary<string, IReadOnlyList<string>> { ["m1"] = ["m3", "m2"] } },
        })
        {
            var history = new Story { BobsView = wrong };

            Assert.Equal([Rule.ThreadDiffers], history.BrokenRules());
        }
    }

    [Fact]
    public void Threads_that_are_not_listed_by_activity_are_found()
    {
        var history = new Story();
        history.AddThread();
        Assert.Empty(history.Check());

        history.BobsView = view => view with { Threads = ["m1", "m5"] };
        Assert.Equal([Rule.ThreadDiffers], history.BrokenRules());
    }

    [Fact]
    public void Counts_of_unread_messages_and_mentions_that_the_log_does_not_give_are_found()
    {
        var unread = new Story().UnreadOfBob;
        foreach (var wrong in new[] { unread with { Count = 2 }, unread with { Mentions = 0 }, unread with { Mentions = 2 }, unread with { IsCapped = true }, unread with { ReadSeqNo = 2 } })
        {
            var history = new Story { UnreadOfBob = wrong };

            Assert.Contains(Rule.UnreadDiffers, history.BrokenRules());
        }
    }

    [Fact]
    public void Mentions_other_than_were_sent_are_found()
    {
        var history = new Story();
        history.Answer = history.Answer with { Mentions = "alice" };

        Assert.Contains(Rule.NeverSent, history.BrokenRules());
    }

    [Fact]
    public void A_mention_of_somebody_who_is_no_member_is_found()
    {
        var history = new Story("bob carol");

        Assert.Contains(Rule.StrangerMentioned, history.BrokenRules());
    }

    [Fact]
    public void A_send_refused_without_a_reason_is_found_and_one_with_a_reason_passes()
    {
        foreach (var (mentions, code, isRight) in new[] { ("carol", "bad_request", true), ("bob", "bad_request", false), ("carol", "not_a_member", false) })
        {
            var history = new Story();
            history.Alice.Add(new Sending(history.Now, 1, Conversation, "a9", "nine", Mentions: mentions));
            history.Alice.Add(new SendRefused(history.Now, 1, Conversation, "a9", code));

            Assert.Equal(isRight ? [] : [Rule.SendRefusedWrongly], history.BrokenRules());
        }
    }

    /// <summary>Bob answers to Alice's message in its thread, and so does she, which mentions him; he deletes his answer.</summary>
    private sealed class Story
    {
        private readonly Moments _moments = new();
        private readonly List<LoggedMessage> _more = [];
        private readonly List<LoggedChange> _changes = [];

        public Story(string mentions = "bob", bool isDeletionDelivered = true)
        {
            (Alice, Bob) = (NewDevice("alice"), NewDevice("bob"));
            Root = new LoggedMessage("m1", 1, "alice", "a1", "one") { State = new SeenState(4, "one", Thread: new SeenThread(1, 3, "bob alice")) };
            var deleted = new LoggedMessage("m2", 2, "bob", "b1", "") { ThreadId = "m1", ThreadSeqNo = 1, State = new SeenState(4, null, Deleted: SeenState.DeletedBy("bob", 40)) };
            Answer = new LoggedMessage("m3", 3, "alice", "a2", "three") { ThreadId = "m1", ThreadSeqNo = 1, Mentions = mentions };
            Deleted = deleted;
            Send(Alice, Bob, "a1", new LoggedMessage("m1", 1, "alice", null, "one"));
            Send(Bob, Alice, "b1", new LoggedMessage("m2", 2, "bob", null, "two") { ThreadId = "m1", ThreadSeqNo = 1 });
            Send(Alice, Bob, "a2", Answer with { ClientMsgId = null });
            Bob.Add(new Changing(Now, 1, Conversation, "b2", new WantedChange("delete", "m2")));
            Bob.Add(new ChangeAcked(Now, 1, Conversation, "b2", "c1", 4, 40, Now));
            Deletion = new LoggedChange("c1", 4, "bob", "b2", 40, "delete", "m2", 2, ThreadId: "m1", ThreadSeqNo: 1);
            if (isDeletionDelivered)
                Alice.Add(new ChangeReceived(Now, 1, Conversation, Deletion.ForOthers));
        }

        public DeviceHistory Alice { get; }

        public DeviceHistory Bob { get; }

        public LoggedMessage Root { get; set; }

        public LoggedMessage Deleted { get; }

        public LoggedMessage Answer { get; set; }

        public LoggedChange Deletion { get; set; }

        public Unread UnreadOfBob { get; set; } = new(4, 1, 1, false, 1);

        public Func<LogView, LogView> BobsView { get; set; } = view => view;

        public long Now => _moments.Next();

        public void DeleteRoot()
        {
            Alice.Add(new Changing(Now, 1, Conversation, "a5", new WantedChange("delete", "m1")));
            Alice.Add(new ChangeAcked(Now, 1, Conversation, "a5", "c5", 5, 50, Now));
            _changes.Add(new LoggedChange("c5", 5, "alice", "a5", 50, "delete", "m1", 1));
            Bob.Add(new ChangeReceived(Now, 1, Conversation, _changes[0].ForOthers));
            Root = Root with { Text = "", State = new SeenState(5, null, Deleted: SeenState.DeletedBy("alice", 50), Thread: Root.State!.Thread) };
        }

        public void AddThread()
        {
            Send(Alice, Bob, "a5", new LoggedMessage("m5", 5, "alice", null, "five"));
            Send(Alice, Bob, "a6", new LoggedMessage("m6", 6, "alice", null, "six") { ThreadId = "m5", ThreadSeqNo = 5 });
            _more.Add(new LoggedMessage("m5", 5, "alice", "a5", "five") { State = new SeenState(6, "five", Thread: new SeenThread(1, 6, "alice")) });
            _more.Add(new LoggedMessage("m6", 6, "alice", "a6", "six") { ThreadId = "m5", ThreadSeqNo = 5 });
            BobsView = view => view with { Threads = ["m5", "m1"] };
            UnreadOfBob = new(6, 1, 3, false, 1);
        }

        public IReadOnlyList<Violation> Check()
        {
            LoggedMessage[] messages = [Root, Deleted, Answer, .. _more];
            LoggedChange[] changes = [Deletion, .. _changes];
            var (alices, bobs) = (ViewOf("alice"), ViewOf("bob"));
            return HistoryChecker.Check([Alice, Bob], [alices, BobsView(bobs with
            {
                Threads = ["m1"], ThreadMessages = new Dictionary<string, IReadOnlyList<string>> { ["m1"] = ["m2", "m3"] }, Unread = UnreadOfBob,
            })]);

            LogView ViewOf(string reader) => new(Conversation, reader, [.. messages.Select(message => message.SenderId == reader ? message : message with { ClientMsgId = null })])
            {
                Changes = [.. changes.Select(change => change.SenderId == reader ? change : change.ForOthers)],
            };
        }

        public IEnumerable<Rule> BrokenRules() => Check().Select(violation => violation.Rule).Distinct();

        private void Send(DeviceHistory from, DeviceHistory to, string clientMsgId, LoggedMessage message)
        {
            from.Add(new Sending(Now, 1, Conversation, clientMsgId, message.Text, ThreadId: message.ThreadId, Mentions: message.Mentions));
            from.Add(new SendAcked(Now, 1, Conversation, clientMsgId, message.MessageId, message.SeqNo));
            to.Add(new Received(Now, 1, Conversation, message));
            to.Add(new Acking(Now, 1, Conversation, message.SeqNo, IsRead: message.SeqNo == 1));
        }

        private DeviceHistory NewDevice(string user)
        {
            var history = new DeviceHistory(user, "phone");
            history.Add(new Opening(Now, 1));
            history.Add(new CaughtUp(Now, 1));
            return history;
        }
    }
}

using static Chat.EndToEnd.Tests.History.HistoryEvent;

namespace Chat.EndToEnd.Tests.History;

/// <summary>The checker is trusted by the fault tests, so here each of its rules is seen red on a history broken by hand.</summary>
public sealed class HistoryCheckerTests
{
    private const string Conversation = "dm:alice:bob";

    [Fact]
    public void A_history_as_promised_passes()
    {
        var history = new Story();

        Assert.Empty(history.Check());
    }

    [Fact]
    public void A_retried_send_and_a_message_that_came_twice_pass()
    {
        var history = new Story();
        history.Alice.Add(new Opening(history.Now, 2));
        history.Alice.Add(new Sending(history.Now, 2, Conversation, "a3", "three"));
        history.Alice.Add(new SendAcked(history.Now, 2, Conversation, "a3", "m3", 4));
        history.Bob.Add(new Opening(history.Now, 2));
        history.Bob.Add(history.Receipt(2, "m1", 1, "one"));
        history.Bob.Add(history.Receipt(2, "m2", 2, "two"));
        history.Bob.Add(history.Receipt(2, "m3", 4, "three"));
        history.Bob.Add(new CaughtUp(history.Now, 2));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void Own_messages_of_the_device_need_not_come_but_those_of_another_device_must()
    {
        var history = new Story();
        history.AddDevice("alice", "desktop");

        Assert.Equal(3, history.BrokenRules().Count(r => r == Rule.NeverReceived));
    }

    [Fact]
    public void An_acked_message_that_the_log_lacks_is_found()
    {
        var history = new Story();
        history.Log.RemoveAt(2);

        Assert.Contains(Rule.AckedMissing, history.BrokenRules());
        Assert.Contains(Rule.DeliveredUnlogged, history.BrokenRules());
    }

    [Fact]
    public void An_acked_message_that_nobody_got_is_found()
    {
        var history = new Story();
        history.Alice.Add(new Sending(history.Now, 1, Conversation, "a4", "four"));
        history.Alice.Add(new SendAcked(history.Now, 1, Conversation, "a4", "m4", 5));

        Assert.Equal([Rule.AckedMissing], history.BrokenRules());
    }

    [Fact]
    public void A_message_stored_twice_is_found()
    {
        var history = new Story();
        history.Log.Add(new LoggedMessage("m4", 5, "alice", "a3", "three"));
        history.Bob.Add(history.Receipt(1, "m4", 5, "three"));

        Assert.Equal([Rule.StoredTwice], history.BrokenRules());
    }

    [Fact]
    public void A_seqNo_given_to_two_messages_is_found()
    {
        var history = new Story();
        history.Bob.Add(history.Receipt(1, "m9", 4, "nine"));

        Assert.Contains(Rule.SeqNoReused, history.BrokenRules());
    }

    [Fact]
    public void A_message_that_moves_is_found()
    {
        var history = new Story();
        history.Bob.Add(history.Receipt(1, "m3", 9, "three"));

        Assert.Contains(Rule.SeqNoMoved, history.BrokenRules());
    }

    [Fact]
    public void Members_that_read_different_logs_are_found()
    {
        var history = new Story();
        history.BobsLog = [.. history.Log.Skip(1)];

        Assert.Equal([Rule.ViewsDiffer], history.BrokenRules());
    }

    [Fact]
    public void A_log_that_does_not_ascend_is_found()
    {
        var history = new Story();
        history.Log.Reverse();

        Assert.Contains(Rule.LogOutOfOrder, history.BrokenRules());
    }

    [Fact]
    public void A_message_that_nobody_sent_is_found()
    {
        var history = new Story();
        history.Log[0] = history.Log[0] with { Text = "changed" };

        Assert.Equal([Rule.NeverSent, Rule.DeliveredDifferently], history.BrokenRules());
    }

    [Fact]
    public void A_message_that_comes_after_its_successor_is_found()
    {
        var history = new Story(deliver: false);
        history.Bob.Add(history.Receipt(1, "m1", 1, "one"));
        history.Bob.Add(history.Receipt(1, "m3", 4, "three"));
        history.Bob.Add(history.Receipt(1, "m2", 2, "two"));

        Assert.Equal([Rule.Skipped, Rule.OutOfOrder], history.BrokenRules());
    }

    [Fact]
    public void A_message_passed_over_on_a_connection_is_found_though_it_comes_on_the_next()
    {
        var history = new Story(deliver: false);
        history.Bob.Add(history.Receipt(1, "m2", 2, "two"));
        history.Bob.Add(history.Receipt(1, "m3", 4, "three"));
        history.Bob.Add(new Opening(history.Now, 2));
        history.Bob.Add(history.Receipt(2, "m1", 1, "one"));
        history.Bob.Add(history.Receipt(2, "m2", 2, "two"));
        history.Bob.Add(history.Receipt(2, "m3", 4, "three"));
        history.Bob.Add(new CaughtUp(history.Now, 2));

        Assert.Equal([Rule.Skipped], history.BrokenRules());
    }

    [Fact]
    public void A_message_still_missing_after_caughtUp_is_found_though_it_comes_later()
    {
        var history = new Story(deliver: false);
        history.Bob.Add(new Opening(history.Now, 2));
        history.Bob.Add(history.Receipt(2, "m1", 1, "one"));
        history.Bob.Add(new CaughtUp(history.Now, 2));
        history.Bob.Add(history.Receipt(2, "m2", 2, "two"));
        history.Bob.Add(history.Receipt(2, "m3", 4, "three"));

        Assert.Equal([Rule.GapAtCaughtUp, Rule.GapAtCaughtUp], history.BrokenRules());
    }

    [Fact]
    public void What_the_device_acked_on_an_earlier_connection_need_not_come_again()
    {
        var history = new Story();
        history.Bob.Add(new Acking(history.Now, 1, Conversation, 2));
        history.Bob.Add(new Opening(history.Now, 2));
        history.Bob.Add(history.Receipt(2, "m3", 4, "three"));
        history.Bob.Add(new CaughtUp(history.Now, 2));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void A_message_that_a_member_never_got_is_found()
    {
        var history = new Story(deliver: false);
        history.Bob.Add(history.Receipt(1, "m1", 1, "one"));

        Assert.Equal([Rule.NeverReceived, Rule.NeverReceived], history.BrokenRules());
    }

    [Fact]
    public void Messages_of_one_connection_stored_in_another_order_are_found()
    {
        var history = new Story();
        history.Alice.Add(new Sending(history.Now, 1, Conversation, "a4", "four"));
        history.Alice.Add(new Sending(history.Now, 1, Conversation, "a5", "five"));
        history.Alice.Add(new SendAcked(history.Now, 1, Conversation, "a5", "m5", 5));
        history.Alice.Add(new SendAcked(history.Now, 1, Conversation, "a4", "m4", 6));
        history.Log.Add(new LoggedMessage("m5", 5, "alice", "a5", "five"));
        history.Log.Add(new LoggedMessage("m4", 6, "alice", "a4", "four"));
        history.Bob.Add(history.Receipt(1, "m5", 5, "five"));
        history.Bob.Add(history.Receipt(1, "m4", 6, "four"));

        Assert.Equal([Rule.SentOrderBroken], history.BrokenRules());
    }

    [Fact]
    public void A_message_that_lost_its_file_or_got_another_is_found()
    {
        foreach (var file in new[] { null, "f2 5 image/png" })
        {
            var history = new Story();
            history.Alice.Add(new Sending(history.Now, 1, Conversation, "a4", "four", "f1 5 image/png"));
            history.Alice.Add(new SendAcked(history.Now, 1, Conversation, "a4", "m4", 5));
            history.Bob.Add(new Received(history.Now, 1, Conversation, new LoggedMessage("m4", 5, "alice", null, "four", file)));
            history.Log.Add(new LoggedMessage("m4", 5, "alice", "a4", "four", file));

            Assert.Equal([Rule.NeverSent], history.BrokenRules());
        }
    }

    [Fact]
    public void A_message_that_is_delivered_without_its_file_is_found()
    {
        var history = new Story();
        history.Alice.Add(new Sending(history.Now, 1, Conversation, "a4", "four", "f1 5 image/png"));
        history.Alice.Add(new SendAcked(history.Now, 1, Conversation, "a4", "m4", 5));
        history.Bob.Add(history.Receipt(1, "m4", 5, "four"));
        history.Log.Add(new LoggedMessage("m4", 5, "alice", "a4", "four", "f1 5 image/png"));

        Assert.Equal([Rule.DeliveredDifferently], history.BrokenRules());
    }

    [Fact]
    public void A_file_that_a_reader_of_its_message_does_not_get_is_found()
    {
        foreach (var outcome in new[] { FileOutcome.Refused, FileOutcome.OtherBytes })
        {
            var history = new Story();
            history.Bob.Add(new FileRead(history.Now, 1, "m1", "f1 5 image/png", FileOutcome.Intact));
            Assert.Empty(history.Check());
            history.Bob.Add(new FileRead(history.Now, 1, "m1", "f1 5 image/png", outcome));

            Assert.Equal([Rule.FileUnreadable], history.BrokenRules());
        }
    }

    /// <summary>Alice sends three messages to Bob, who gets them live; seqNo 3 is a hole.</summary>
    private sealed class Story
    {
        private readonly Moments _moments = new();
        private readonly List<DeviceHistory> _devices = [];

        public Story(bool deliver = true)
        {
            Alice = AddDevice("alice", "phone");
            Bob = AddDevice("bob", "phone");
            foreach (var (clientMsgId, messageId, seqNo, text) in new[] { ("a1", "m1", 1L, "one"), ("a2", "m2", 2L, "two"), ("a3", "m3", 4L, "three") })
            {
                Alice.Add(new Sending(Now, 1, Conversation, clientMsgId, text));
                Alice.Add(new SendAcked(Now, 1, Conversation, clientMsgId, messageId, seqNo));
                Log.Add(new LoggedMessage(messageId, seqNo, "alice", clientMsgId, text));
                if (deliver)
                    Bob.Add(Receipt(1, messageId, seqNo, text));
            }
        }

        public DeviceHistory Alice { get; }

        public DeviceHistory Bob { get; }

        public List<LoggedMessage> Log { get; } = [];

        /// <summary>Where Bob reads another log than Alice.</summary>
        public List<LoggedMessage>? BobsLog { get; set; }

        public long Now => _moments.Next();

        public DeviceHistory AddDevice(string user, string device)
        {
            var history = new DeviceHistory(user, device);
            history.Add(new Opening(Now, 1));
            history.Add(new CaughtUp(Now, 1));
            _devices.Add(history);
            return history;
        }

        public Received Receipt(int connection, string messageId, long seqNo, string text) =>
            new(Now, connection, Conversation, new LoggedMessage(messageId, seqNo, "alice", null, text));

        public IReadOnlyList<Violation> Check() =>
            HistoryChecker.Check(_devices,
        [
            new LogView(Conversation, "alice", Log),
            new LogView(Conversation, "bob", [.. (BobsLog ?? Log).Select(m => m with { ClientMsgId = null })]),
        ]);

        public IEnumerable<Rule> BrokenRules() => Check().Select(v => v.Rule);
    }
}
